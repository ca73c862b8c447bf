#include "kernels.h"

// program is a list of operations and how far it has run.
struct program {
	struct op *list;
	u32 count;
	u32 op, task; // what comes next
};

void perform(struct op *op, u32 task, float *scratch) {
	const void *a = op->args;
	switch ((enum kind)op->kind) {
	case LINEAR: linear(a, task, scratch); return;
	case CONV: convolution(a, task, scratch); return;
	case WINOGRAD_INPUTS: winograd_inputs(a, task); return;
	case WINOGRAD: winograd(a, task, scratch); return;
	case GROUP_NORM: group_norm(a, task); return;
	case LAYER_NORM: layer_norm(a, task); return;
	case SILU: silu(a, task); return;
	case GELU: gelu(a, task); return;
	case ATTENTION: attention(a, task, scratch); return;
	case ATTENTION_WEIGHTS: attention_weights(a, task, scratch); return;
	case EMBEDDING:
		if (!embedding(a, task))
			op->failed = 1;
		return;
	case MEAN_TOKENS: mean_tokens(a, task); return;
	case ADD: addition(a, task); return;
	case MUL: multiplication(a, task); return;
	case COPY: copy(a, task); return;
	case UPSAMPLE: upsample(a, task); return;
	case POOL: pool(a, task); return;
	case SHUFFLE: shuffle(a, task); return;
	case UNSHUFFLE: unshuffle(a, task); return;
	case TIMESTEP: timestep(a, task); return;
	case TRANSPOSE: transpose(a, task); return;
	}
}

enum status { FINISHED, UNFINISHED, FAILED };

// run goes on with a program for about budget units of cost. Where it fails,
// p->op is the operation that did.
__attribute__((export_name("run"))) enum status run(struct program *p, struct team *team, u32 budget) {
	while (p->op < p->count) {
		struct op *op = p->list + p->op;
		if (p->task == 0)
			op->failed = 0;
		u32 last = smaller(op->tasks, p->task + budget / op->cost + 1);
		perform_all(team, op, p->task, last);
		if (op->failed)
			return FAILED;
		u32 used = (last - p->task) * op->cost;
		p->task = last;
		if (last == op->tasks)
			p->op++, p->task = 0;
		if (used >= budget && p->op < p->count)
			return UNFINISHED;
		budget -= smaller(used, budget);
	}
	return FINISHED;
}
