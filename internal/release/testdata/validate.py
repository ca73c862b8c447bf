"""Checks bills of materials against the schema of CycloneDX 1.6."""
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f:
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(f.read())
    if error:
        sys.exit(f"{name}: {error}")
