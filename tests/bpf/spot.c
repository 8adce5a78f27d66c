/* SPDX-License-Identifier: BSD-2-Clause */
/* Code to be probed, written by hand so that registers and instructions are known. */
#include <link.h>
#include <stdlib.h>

#include "tests/bpf/spot.h"

asm(".text\n"
    ".macro SPOT name\n"
    ".globl \\name\n"
    ".balign 64\n"
    "\\name: push %rbp\n"
    "pop %rbp\n"
    "ret\n"
    ".balign 64\n"
    ".endm\n"
    "SPOT spot_fast\n"
    "SPOT spot_general\n"
    "SPOT spot_null\n"
    ".globl spots\n"
    "spots:\n"
    ".set i, 0\n"
    ".rept 100\n"
    ".balign 16\n"
    ".if i == 37\n"
    "lock addl $0, (%rsp)\n"
    "ret\n"
    ".else\n"
    "push %rbp\n"
    "pop %rbp\n"
    "ret\n"
    ".endif\n"
    ".set i, i + 1\n"
    ".endr\n");

/* void spot_hit(const void *spot, const u64 *regs, u64 eflags) */
asm(".globl spot_hit\n"
    "spot_hit:\n"
    "push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "sub $8, %rsp\n"
    "mov %rdi, (%rsp)\n"
    "pushf\n"
    "pop %rcx\n"
    "and $~0x41, %rcx\n"
    "and $0x41, %rdx\n"
    "or %rdx, %rcx\n"
    "push %rcx\n"
    "mov %rsi, %rax\n"
    "mov 8(%rax), %rdx\n mov 16(%rax), %rcx\n mov 24(%rax), %rbx\n mov 32(%rax), %rsi\n"
    "mov 40(%rax), %rdi\n mov 48(%rax), %rbp\n mov 64(%rax), %r8\n mov 72(%rax), %r9\n"
    "mov 80(%rax), %r10\n mov 88(%rax), %r11\n mov 96(%rax), %r12\n mov 104(%rax), %r13\n"
    "mov 112(%rax), %r14\n mov 120(%rax), %r15\n mov (%rax), %rax\n"
    "popf\n"
    "call *(%rsp)\n"
    "add $8, %rsp\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n"
    "cld\n"
    "ret\n");

/* void spot_loop(const void *spot, const u64 *regs, u64 n) */
asm(".globl spot_loop\n"
    "spot_loop:\n"
    "push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "push %rdx\n"
    "push %rdi\n"
    "sub $8, %rsp\n"
    "mov %rsi, %rax\n"
    "mov 8(%rax), %rdx\n mov 16(%rax), %rcx\n mov 24(%rax), %rbx\n mov 32(%rax), %rsi\n"
    "mov 40(%rax), %rdi\n mov 64(%rax), %r8\n mov 72(%rax), %r9\n mov 112(%rax), %r14\n mov "
    "(%rax), %rax\n"
    "1: call *8(%rsp)\n"
    "decq 16(%rsp)\n"
    "jnz 1b\n"
    "add $24, %rsp\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n"
    "ret\n");

struct self {
	u64 bias, code, off;
};

static int first_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct self *s = ctx;

	s->bias = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X)) {
			s->code = ph->p_vaddr;
			s->off = ph->p_offset;
		}
	}
	return 1; /* the program itself comes first */
}

u64 spot_addr(const void *p)
{
	struct self s = {};

	dl_iterate_phdr(first_object, &s);
	return (u64)(uintptr_t)p - s.bias;
}

u64 spot_offset(const void *p)
{
	struct self s = {};

	dl_iterate_phdr(first_object, &s);
	return (u64)(uintptr_t)p - s.bias - s.code + s.off;
}
