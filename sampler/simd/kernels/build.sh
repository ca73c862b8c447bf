#!/bin/sh
# Compiles the kernels into FOLDER (by default the one above), as committed:
# kernels.wasm, and kernels.threads.wasm for a shared memory.
set -eu
cd "$(dirname "$0")"
out=${1:-..}
flags="--target=wasm32 -std=c17 -O3 -Wall -Wextra -Werror -ffreestanding -nostdlib -msimd128 -mnontrapping-fptoint -mbulk-memory
	-Wl,--no-entry -Wl,--import-memory -Wl,--strip-all -Wl,--export=__heap_base -Wl,-z,stack-size=65536 -Wl,--stack-first"
# shellcheck disable=SC2086 # a list of words
clang-16 $flags -o "$out/kernels.wasm" ./*.c
