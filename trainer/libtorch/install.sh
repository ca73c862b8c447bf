#!/bin/sh
# Installs what the trainer links: libtorch out of PyPI's torch wheel, CPU only.
#
#   install.sh 2.1.2|2.11.0 FOLDER
#
# FOLDER/torch-VERSION then holds headers, libraries, and env.sh, which sets
# the compiler flags for `go build -tags libtorch`. Nothing is done when it is
# complete already. gotch links CUDA unconditionally: empty archives satisfy
# that, so the program depends on no CUDA library; it opens them at run time.
set -eu
version=${1:?version} root=${2:?folder}
mkdir -p "$root"
root=$(cd "$root" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
out=$root/torch-$version
[ -f "$out/env.sh" ] && exit 0
for tool in unzip ar python3; do
	command -v $tool >/dev/null || { echo "install.sh: $tool is missing: apt-get install unzip binutils python3-pip" >&2; exit 2; }
done
wheels=$root/wheels
mkdir -p "$wheels"
get() { python3 -m pip download -q --no-deps --only-binary=:all: --python-version 311 -d "$wheels" "$@"; }
echo "libtorch $version: downloading (about 700 MB, 500 MB once unpacked) ..." >&2
get "torch==$version"
work=$out.partial
rm -rf "$work"
mkdir -p "$work/stubs"
cd "$work"
unzip -qo "$wheels"/torch-"$version"-*.whl 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so 'torch/lib/libgomp*'
case $version in # two small libraries that libtorch_cpu needs to load
2.1.*)
	get nvidia-cuda-runtime-cu12==12.1.105 nvidia-cuda-cupti-cu12==12.1.105
	unzip -qo "$wheels"/nvidia_cuda_runtime_cu12-12.1.105*.whl nvidia/cuda_runtime/lib/libcudart.so.12
	unzip -qo "$wheels"/nvidia_cuda_cupti_cu12-12.1.105*.whl nvidia/cuda_cupti/lib/libcupti.so.12
	abi=0 extra= tags=disable-new-dtags ;;
*)
	get nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
	unzip -qo "$wheels"/nvidia_cuda_runtime-13.0.96*.whl nvidia/cu13/lib/libcudart.so.13
	unzip -qo "$wheels"/nvidia_cuda_cupti-13.0.85*.whl nvidia/cu13/lib/libcupti.so.13
	# RUNPATH, so that LD_LIBRARY_PATH wins on another machine
	abi=1 extra="-include $here/compat211.h" tags=enable-new-dtags ;;
esac
for l in torch cuda cudart cublas cudnn caffe2_nvrtc nvrtc-builtins nvrtc nvToolsExt c10_cuda torch_cuda; do
	ar rcs "stubs/lib$l.a"
done
cat >env.sh <<EOF
export CGO_ENABLED=1
export CGO_CFLAGS="-O2"
export CGO_CXXFLAGS="-O2 -fno-math-errno -D_GLIBCXX_USE_CXX11_ABI=$abi $extra -I$out/torch/include -I$out/torch/include/torch/csrc/api/include"
export CGO_LDFLAGS="-L$out/stubs -L$out/torch/lib -Wl,-rpath,$out/torch/lib -Wl,--$tags"
EOF
cd "$root"
mv "$work" "$out"
rm -f "$wheels"/torch-"$version"-*.whl
