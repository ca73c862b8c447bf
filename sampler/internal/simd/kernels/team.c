#include "kernels.h"

static void alone(struct team *t, struct op *op, u32 first, u32 last) {
	for (u32 task = first; task < last; task++)
		perform(op, task, t->scratch);
}

#ifndef __wasm_atomics__

// perform_all runs the tasks [first, last) of an operation.
void perform_all(struct team *t, struct op *op, u32 first, u32 last) { alone(t, op, first, last); }

#else

enum {
	spins = 1 << 14,   // looks at a number before a thread sleeps on it, some 20 µs
	littleWork = 64,   // units of cost that wake nobody
};

#define READ(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define ADD(x, n) __atomic_add_fetch(&(x), n, __ATOMIC_SEQ_CST)

// take runs tasks until none is left. A task is taken only by an exchange that
// finds the operation's own number, and an operation stays until its last task
// has ended, so a thread that comes late cannot take what is not there.
static void take(struct team *t, u32 thread) {
	uint64_t w = READ(t->work);
	while ((u32)w) {
		if (!__atomic_compare_exchange_n(&t->work, &w, w - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		perform(t->op, t->last - (u32)w, t->scratch + thread * t->stride);
		ADD(t->done, 1);
		if (READ(t->waiting))
			__builtin_wasm_memory_atomic_notify((int *)&t->done, 1);
		w = READ(t->work);
	}
}

// perform_all runs the tasks [first, last) of an operation together with the
// workers that are awake, and wakes those that sleep.
void perform_all(struct team *t, struct op *op, u32 first, u32 last) {
	u32 tasks = last - first;
	if (tasks <= 1 || tasks < littleWork / op->cost) {
		alone(t, op, first, last);
		return;
	}
	t->op = op, t->last = last;
	__atomic_store_n(&t->done, 0, __ATOMIC_SEQ_CST);
	uint64_t number = READ(t->work) >> 32;
	__atomic_store_n(&t->work, (number + 1) << 32 | tasks, __ATOMIC_SEQ_CST);
	if (READ(t->sleepers))
		__builtin_wasm_memory_atomic_notify((int *)&t->work + 1, tasks - 1);
	take(t, 0);
	for (u32 i = 0; i < spins; i++)
		if (READ(t->done) == tasks)
			return;
	__atomic_store_n(&t->waiting, 1, __ATOMIC_SEQ_CST);
	for (u32 done; (done = READ(t->done)) != tasks;)
		__builtin_wasm_memory_atomic_wait32((int *)&t->done, (int)done, -1);
	__atomic_store_n(&t->waiting, 0, __ATOMIC_SEQ_CST);
}

// work is the life of a worker, which ends with its thread.
__attribute__((export_name("work"))) _Noreturn void work(struct team *t, u32 thread) {
	for (;;) {
		take(t, thread);
		u32 number = READ(t->work) >> 32, i = 0;
		if ((u32)READ(t->work))
			continue;
		while (i < spins && READ(t->work) >> 32 == number)
			i++;
		if (i < spins)
			continue;
		ADD(t->sleepers, 1);
		__builtin_wasm_memory_atomic_wait32((int *)&t->work + 1, (int)number, -1);
		ADD(t->sleepers, -1);
	}
}

#endif
