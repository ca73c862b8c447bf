//go:build libtorch

#include "shim.h"
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/script.h>
#include <torch/version.h>

static thread_local std::string message;
static thread_local bool failed = false;

#define TRY(...) \
	try { __VA_ARGS__ } catch (const std::exception &e) { message = e.what(); failed = true; }
#define T(p) (*(at::Tensor *)(p))

// A step of AdamW over a run of values, in one pass over memory.
struct AdamW {
	float scale, one_beta1, beta2, one_beta2, root_c2, eps, keep, rate;
};

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void adamw_range(const AdamW &a, float *__restrict p, const float *__restrict grad, float *__restrict m, float *__restrict v,
	int64_t from, int64_t to) {
	const float scale = a.scale, one_beta1 = a.one_beta1, beta2 = a.beta2, one_beta2 = a.one_beta2, root_c2 = a.root_c2, eps = a.eps,
		keep = a.keep, rate = a.rate;
	for (int64_t i = from; i < to; i++) {
		float g = grad[i] * scale;
		m[i] += one_beta1 * (g - m[i]);
		v[i] = beta2 * v[i] + one_beta2 * g * g;
		p[i] = keep * p[i] - rate * m[i] / (__builtin_sqrtf(v[i]) * root_c2 + eps);
	}
}

static bool one_pass(const at::Tensor &t) {
	return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.is_non_overlapping_and_dense();
}

extern "C" {

char *rt_error(void) {
	if (!failed) return nullptr;
	failed = false;
	return strdup(message.c_str());
}

const char *rt_version(void) { return TORCH_VERSION; }
void rt_set_num_threads(int n) { at::set_num_threads(n); }
void rt_grad_mode(int on) { at::GradMode::set_enabled(on != 0); }
int rt_grad_enabled(void) { return at::GradMode::is_enabled(); }

void rt_autocast(int cuda, int half, int on) {
	TRY(at::ScalarType type = half ? at::kHalf : at::kBFloat16;
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
		at::autocast::set_autocast_dtype(cuda ? at::kCUDA : at::kCPU, type);
		at::autocast::set_autocast_enabled(cuda ? at::kCUDA : at::kCPU, on != 0);
#else
		if (cuda) {
			at::autocast::set_autocast_gpu_dtype(type);
			at::autocast::set_enabled(on != 0);
		} else {
			at::autocast::set_autocast_cpu_dtype(type);
			at::autocast::set_cpu_enabled(on != 0);
		}
#endif
		if (!on) at::autocast::clear_cache();)
}

void rt_clear_casts(void) { at::autocast::clear_cache(); }

char *rt_dlopen(const char *path) { return dlopen(path, RTLD_NOW | RTLD_GLOBAL) ? nullptr : strdup(dlerror()); }

int rt_has_cuda(void) {
	TRY(return at::hasCUDA();)
	failed = false;
	return 0;
}

char *rt_cuda_config(void) {
	TRY(return strdup(at::detail::getCUDAHooks().showConfig().c_str());)
	return nullptr;
}

void *rt_place(void *t, int device, int channels_last) {
	TRY(at::Tensor x = T(t).detach();
		if (device >= 0) x = x.to(at::Device(at::kCUDA, device));
		if (channels_last && x.dim() == 4) x = x.contiguous(at::MemoryFormat::ChannelsLast);
		return new at::Tensor(x);)
	return nullptr;
}

void *rt_leaf(void *t) {
	TRY(return new at::Tensor(T(t).detach().requires_grad_(true));)
	return nullptr;
}

int rt_collects(void *t) { return !T(t).requires_grad() ? 0 : T(t).is_leaf() ? 2 : 1; }

int rt_backward_from(void *t, void *leaf, int again) {
	TRY(at::Tensor g = T(leaf).grad();
		if (g.defined()) {
			T(leaf).mutable_grad().reset();
			T(t).backward(g, again != 0);
		}
		return 0;)
	return -1;
}

void *rt_attention(void *q, void *k, void *v, void *mask) {
	TRY(c10::optional<at::Tensor> m;
		if (mask) m = T(mask);
		return new at::Tensor(at::scaled_dot_product_attention(T(q), T(k), T(v), m, 0.0, false));)
	return nullptr;
}

double rt_grad_norm(void **params, int n) {
	TRY(at::NoGradGuard guard;
		double sum = 0;
		for (int i = 0; i < n; i++) {
			const at::Tensor &g = T(params[i]).grad();
			if (!g.defined()) continue;
			double norm = g.norm().item<double>();
			sum += norm * norm;
		}
		return std::sqrt(sum);)
	return -1;
}

void rt_zero_grad(void **params, int n) {
	for (int i = 0; i < n; i++) T(params[i]).mutable_grad().reset();
}

int rt_adamw(void **params, void **m, void **v, const double *decay, int n, double lr, double beta1, double beta2,
	double eps, int64_t step, double scale) {
	TRY(at::NoGradGuard guard;
		double c1 = 1 - std::pow(beta1, (double)step), c2 = 1 - std::pow(beta2, (double)step);
		for (int i = 0; i < n; i++) {
			at::Tensor &p = T(params[i]);
			at::Tensor g = p.grad();
			if (!g.defined()) continue;
			AdamW a{(float)scale, (float)(1 - beta1), (float)beta2, (float)(1 - beta2), (float)(1 / std::sqrt(c2)), (float)eps,
				(float)(1 - lr * decay[i]), (float)(lr / c1)};
			if (one_pass(p) && one_pass(T(m[i])) && one_pass(T(v[i])) && T(m[i]).strides() == p.strides() && T(v[i]).strides() == p.strides()) {
				if (g.strides() != p.strides()) g = at::empty_like(p).copy_(g);
				float *pp = p.data_ptr<float>(), *pg = g.data_ptr<float>(), *pm = T(m[i]).data_ptr<float>(), *pv = T(v[i]).data_ptr<float>();
				at::parallel_for(0, p.numel(), 1 << 15, [&](int64_t from, int64_t to) { adamw_range(a, pp, pg, pm, pv, from, to); });
				continue;
			}
			if (scale != 1) g = g * scale;
			T(m[i]).lerp_(g, 1 - beta1);
			T(v[i]).mul_(beta2).addcmul_(g, g, 1 - beta2);
			at::Tensor d = T(v[i]).sqrt().div_(std::sqrt(c2)).add_(eps);
			if (decay[i] != 0) p.mul_(1 - lr * decay[i]);
			p.addcdiv_(T(m[i]), d, -lr / c1);
		}
		return 0;)
	return -1;
}

int rt_ema(void **average, void **params, int n, double decay) {
	TRY(at::NoGradGuard guard; for (int i = 0; i < n; i++) T(average[i]).lerp_(T(params[i]), 1 - decay); return 0;)
	return -1;
}

void *rt_script(const char *path, int device) {
	TRY(auto *m = new torch::jit::script::Module(torch::jit::load(path, device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, device)));
		m->eval();
		for (at::Tensor p : m->parameters()) p.set_requires_grad(false);
		return m;)
	return nullptr;
}

int rt_set_values(void *t, const float *values, int64_t n) {
	TRY(at::NoGradGuard guard;
		T(t).copy_(at::from_blob((void *)values, T(t).sizes(), at::kFloat)); return 0;)
	return -1;
}
}
