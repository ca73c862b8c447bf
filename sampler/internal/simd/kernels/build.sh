#!/bin/sh
# Compiles the kernels into FOLDER, by default the one above: kernels.wasm, and
# kernels.threads.wasm, whose memory threads share.
set -eu
cd "$(dirname "$0")"
out=${1:-..}
flags="--target=wasm32 -std=c17 -O3 -fno-vectorize -fno-slp-vectorize -Wall -Wextra -Werror -ffreestanding -nostdlib -msimd128 -mnontrapping-fptoint -mbulk-memory
	-Wl,--no-entry -Wl,--import-memory -Wl,--strip-all -Wl,--stack-first -Wl,-z,stack-size=65536 -Wl,--export=__heap_base"
threads="-matomics -mmutable-globals -Wl,--shared-memory -Wl,--max-memory=4294967296 -Wl,--export=__stack_pointer"
# shellcheck disable=SC2086 # lists of words
{
	clang-16 $flags -o "$out/kernels.wasm" ./*.c
	clang-16 $flags $threads -o "$out/kernels.threads.wasm" ./*.c
}
chmod 644 "$out/kernels.wasm" "$out/kernels.threads.wasm"
