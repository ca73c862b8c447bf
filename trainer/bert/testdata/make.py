"""Makes folders of a small random BertModel as transformers writes them, and
what it computes: make.py FOLDER.

safe/    model.safetensors, tokenizer.json beside vocab.txt
pickle/  pytorch_model.bin of a BERT with a head, names as TensorFlow's
legacy/  pytorch_model.bin in the format before zip
states.json  token ids and their last hidden states
"""
import json, pathlib, sys
import torch
from transformers import BertConfig, BertForPreTraining, BertModel, BertTokenizerFast

out = pathlib.Path(sys.argv[1])
torch.manual_seed(1)
vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Heart", "heart", "is", "enlarged", ".", "pleural", "effusion", "no", "##s", "l", "##ung"]
config = BertConfig(vocab_size=len(vocab), hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=96,
                    max_position_embeddings=40, type_vocab_size=2, layer_norm_eps=1e-12)
whole = BertForPreTraining(config).eval()
with torch.no_grad():
    for p in whole.parameters():  # norms and biases too
        p.add_(0.1 * torch.randn_like(p))
bert = whole.bert
for name in ("safe", "pickle", "legacy"):
    d = out / name
    d.mkdir(parents=True)
    (d / "vocab.txt").write_text("\n".join(vocab) + "\n")
    config.save_pretrained(d)
bert.save_pretrained(out / "safe", safe_serialization=True)
BertTokenizerFast(str(out / "safe" / "vocab.txt"), do_lower_case=False).save_pretrained(out / "safe")
old = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in whole.state_dict().items()}
torch.save(old, out / "pickle" / "pytorch_model.bin")
torch.save(bert.state_dict(), out / "legacy" / "pytorch_model.bin", _use_new_zipfile_serialization=False)
full = BertModel.from_pretrained(out / "safe").eval()
states = []
for ids in ([2, 5, 7, 8, 9, 3], [2, 3], [2, 12, 10, 11, 9, 14, 15, 13, 3]):
    with torch.no_grad():
        states.append({"ids": ids, "states": full(torch.tensor([ids])).last_hidden_state[0].flatten().tolist()})
(out / "states.json").write_text(json.dumps(states))
