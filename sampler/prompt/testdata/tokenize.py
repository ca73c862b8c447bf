"""Reads JSON strings, a line each, and writes the ids that HuggingFace's tokenizers gives them."""
import json
import sys

from tokenizers import BertWordPieceTokenizer

lowercase = sys.argv[2] == "lowercase"
tokenizer = BertWordPieceTokenizer(sys.argv[1], lowercase=lowercase, strip_accents=lowercase)
for line in sys.stdin:
    print(json.dumps(tokenizer.encode(json.loads(line)).ids))
