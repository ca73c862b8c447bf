// Package shipped embeds the model file that roentgo ships, which lies in this
// folder with its manifest and its card. Package defaultmodel opens it.
package shipped

import _ "embed"

//go:embed roentgo-mini.safetensors.zst
var File []byte

//go:embed roentgo-mini.manifest.json
var Manifest []byte
