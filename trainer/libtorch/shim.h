// The few libtorch calls that gotch does not wrap, and those that run over a
// whole list of parameters at once. Tensors are gotch's handles
// (torch::Tensor *). A call that fails leaves a message for rt_error.
#pragma once
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
char *rt_error(void); // NULL, or a message that the caller frees
const char *rt_version(void);
void rt_set_num_threads(int n);
void rt_grad_mode(int on);
int rt_grad_enabled(void);
// Autocast of operations to bfloat16 or, with half, to float16; leaving it drops its cache of cast weights.
void rt_autocast(int cuda, int half, int on);
// Drops autocast's cache of cast weights.
void rt_clear_casts(void);
// Opens a library for its registrations; NULL, or a message that the caller frees.
char *rt_dlopen(const char *path);
// Whether a CUDA device can be used, and a sentence on the build.
int rt_has_cuda(void);
char *rt_cuda_config(void);
// A new tensor that owns the values on the device (-1: CPU), in channels_last memory format where asked.
void *rt_place(void *t, int device, int channels_last);
// A new leaf with t's values that collects a gradient.
void *rt_leaf(void *t);
int rt_collects(void *t); // 0: no gradient goes to it; 1: through a graph; 2: it is a leaf
// Backward from t with the gradient of leaf, which is dropped; nothing where it has none. again keeps the graph.
int rt_backward_from(void *t, void *leaf, int again);
// Attention over (B, heads, N, d); mask is NULL or boolean, broadcast to (B, heads, N, M).
void *rt_attention(void *q, void *k, void *v, void *mask);
// Gradients of the parameters: their global L2 norm, and dropping them.
double rt_grad_norm(void **params, int n);
void rt_zero_grad(void **params, int n);
// One step of AdamW over all parameters, their gradients multiplied by scale.
// Parameters without a gradient are left alone. decay[i] is the weight decay.
int rt_adamw(void **params, void **m, void **v, const double *decay, int n, double lr, double beta1, double beta2,
	double eps, int64_t step, double scale);
// average += (1 - decay) * (param - average), for all.
int rt_ema(void **average, void **params, int n, double decay);
// A TorchScript module in evaluation mode whose parameters collect no gradients, as gotch's handle.
void *rt_script(const char *path, int device);
int rt_set_values(void *t, const float *values, int64_t n);
#ifdef __cplusplus
}
#endif
