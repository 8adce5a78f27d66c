/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions: lengths, classes, effects, and how the kernel completes them (what Linux 6.18 was
 * seen to do). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "insn/insn.h"
#include "types/loc.h"

#define ADDR   0x1000
#define B(...) (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__})

struct want {
	const char *text;
	const u8 *p;
	size_t n;
	enum sd_insn_class cls;
	enum sd_completion completion;
};

/* Each is one row of FACTS A1.1, or was tried with a uprobe on Linux 6.18: refused with ENOTSUPP,
 * or accepted. */
static const struct want wants[] = {
	{"push %rbp", B(0x55), SD_INSN_PUSH_REG, SD_EMULATED},
	{"push %r13", B(0x41, 0x55), SD_INSN_PUSH_REG, SD_EMULATED},
	{"push %rbp", B(0x48, 0x55), SD_INSN_PUSH_REG, SD_STEPPED}, /* REX.W: not exactly 41 */
	{"push %r9", B(0x49, 0x51), SD_INSN_PUSH_REG, SD_STEPPED},
	{"push %ax", B(0x66, 0x50), SD_INSN_OTHER, SD_STEPPED},
	{"push $0x1", B(0x6a, 0x01), SD_INSN_OTHER, SD_STEPPED},
	{"pop %rbp", B(0x5d), SD_INSN_OTHER, SD_STEPPED},
	{"nop", B(0x90), SD_INSN_NOP, SD_EMULATED},
	{"nop", B(0x66, 0x90), SD_INSN_NOP, SD_EMULATED},
	{"pause", B(0xf3, 0x90), SD_INSN_NOP, SD_EMULATED},
	{"xchg %eax,%r8d", B(0x41, 0x90), SD_INSN_OTHER,
	 SD_REFUSED}, /* the kernel takes it for a nop */
	{"nop %eax,(%rax)", B(0x0f, 0x1f, 0x00), SD_INSN_NOP, SD_STEPPED},
	{NULL, B(0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0), SD_INSN_NOP,
	 SD_REFUSED}, /* CS prefix */
	{"jmp 0x1007", B(0xeb, 0x05), SD_INSN_JMP, SD_EMULATED},
	{"jmp 0x1105", B(0xe9, 0x00, 0x01, 0, 0), SD_INSN_JMP, SD_EMULATED},
	{NULL, B(0x66, 0xeb, 0x00), SD_INSN_JMP, SD_REFUSED},
	{NULL, B(0x3e, 0xeb, 0x00), SD_INSN_JMP, SD_REFUSED},
	{"jbe 0xff2", B(0x76, 0xf0), SD_INSN_JCC, SD_EMULATED},
	{"jbe 0x10ff6", B(0x0f, 0x86, 0xf0, 0xff, 0, 0), SD_INSN_JCC, SD_EMULATED},
	{NULL, B(0x66, 0x0f, 0x86, 0, 0, 0, 0), SD_INSN_JCC, SD_REFUSED},
	{"jrcxz 0xff2", B(0xe3, 0xf0), SD_INSN_JCC, SD_STEPPED},
	{"call 0x1005", B(0xe8, 0, 0, 0, 0), SD_INSN_CALL, SD_EMULATED},
	{"call *%rax", B(0xff, 0xd0), SD_INSN_CALL_IND, SD_STEPPED},
	{"jmp *%rax", B(0xff, 0xe0), SD_INSN_JMP_IND, SD_STEPPED},
	{"notrack jmp *(%rax)", B(0x3e, 0xff, 0x20), SD_INSN_JMP_IND, SD_REFUSED},
	{"ret", B(0xc3), SD_INSN_RET, SD_STEPPED},
	{"ret", B(0xf3, 0xc3), SD_INSN_RET, SD_STEPPED},
	{"ret $0x8", B(0xc2, 0x08, 0x00), SD_INSN_RET, SD_STEPPED},
	{"endbr64", B(0xf3, 0x0f, 0x1e, 0xfa), SD_INSN_ENDBR, SD_STEPPED},
	{"int3", B(0xcc), SD_INSN_TRAP, SD_REFUSED},
	{"ud2", B(0x0f, 0x0b), SD_INSN_TRAP, SD_STEPPED},
	{"syscall", B(0x0f, 0x05), SD_INSN_OTHER, SD_REFUSED},
	{"lock cmpxchg %rdx,(%rcx)", B(0xf0, 0x48, 0x0f, 0xb1, 0x11), SD_INSN_OTHER, SD_REFUSED},
	{NULL, B(0x8e, 0xd0), SD_INSN_OTHER, SD_REFUSED}, /* mov to ss */
	{"mov %fs:0xfffffffffffffff8,%rcx", B(0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff),
	 SD_INSN_OTHER, SD_STEPPED},
	{"cmp 0x10(%r14),%rsp", B(0x49, 0x3b, 0x66, 0x10), SD_INSN_OTHER, SD_STEPPED},
	{"lea -0x80(%rsp),%rsp", B(0x48, 0x8d, 0x64, 0x24, 0x80), SD_INSN_OTHER, SD_STEPPED},
	/* VEX: 6.18 refuses vmovdqu loads and vpxor, and leaves the others marked REFUSED out
	   without a word */
	{"vmovdqu (%rsp),%xmm3", B(0xc5, 0xfa, 0x6f, 0x1c, 0x24), SD_INSN_OTHER, SD_REFUSED},
	{"vmovdqu %xmm3,-0x40(%rsp)", B(0xc5, 0xfa, 0x7f, 0x5c, 0x24, 0xc0), SD_INSN_OTHER,
	 SD_REFUSED},
	{"vpxor %xmm1,%xmm2,%xmm3", B(0xc5, 0xe9, 0xef, 0xd9), SD_INSN_OTHER, SD_REFUSED},
	{"vpor %xmm1,%xmm2,%xmm3", B(0xc5, 0xe9, 0xeb, 0xd9), SD_INSN_OTHER, SD_REFUSED},
	{"vpcmpeqb %xmm1,%xmm1,%xmm3", B(0xc5, 0xf1, 0x74, 0xd9), SD_INSN_OTHER, SD_REFUSED},
	{"vpsubsw %xmm2,%xmm1,%xmm3", B(0xc5, 0xf1, 0xe9, 0xda), SD_INSN_OTHER, SD_REFUSED},
	{"vzeroupper", B(0xc5, 0xf8, 0x77), SD_INSN_OTHER, SD_REFUSED},
	{"vxorps %xmm1,%xmm2,%xmm3", B(0xc5, 0xe8, 0x57, 0xd9), SD_INSN_OTHER, SD_STEPPED},
};

static void test_table(void **state)
{
	for (size_t i = 0; i < SD_ARRAY_SIZE(wants); i++) {
		const struct want *w = &wants[i];
		struct sd_insn fast, slow;
		char text[96];

		assert_null(sd_insn_decode(w->p, w->n, ADDR, &slow));
		assert_true(sd_insn_try(w->p, w->n, ADDR, &fast));
		assert_int_equal(slow.len, w->n);
		assert_int_equal(fast.len, w->n);
		sd_insn_text(w->p, w->n, ADDR, text, sizeof(text));
		if (w->text)
			assert_string_equal(text, w->text);
		if (slow.cls != w->cls || slow.completion != w->completion)
			fail_msg("%s: class %d, completion %d", text, slow.cls, slow.completion);
		assert_int_equal(fast.cls, slow.cls);
		assert_int_equal(fast.completion, slow.completion);
		assert_int_equal(fast.target, slow.target);
		assert_int_equal(fast.frame, slow.frame);
	}
}

static struct sd_insn decode(const u8 *p, size_t n)
{
	struct sd_insn in;

	assert_null(sd_insn_decode(p, n, ADDR, &in));
	return in;
}

static void test_details(void **state)
{
	struct sd_insn in = decode(B(0x0f, 0x86, 0xf0, 0xff, 0xff, 0xff));

	assert_int_equal(in.cc, 6);
	assert_true(in.has_target);
	assert_int_equal(in.target, ADDR + 6 - 16);
	assert_int_equal(decode(B(0xe3, 0xf0)).cc, SD_CC_OTHER);
	assert_int_equal(decode(B(0x41, 0x55)).push_reg, SD_R13);
	assert_int_equal(decode(B(0x53)).push_reg, SD_RBX);
	assert_int_equal(decode(B(0x57)).push_reg, SD_RDI);
	assert_int_equal(decode(B(0x90)).push_reg, -1);
}

static void test_effects(void **state)
{
	struct sd_insn in = decode(B(0x48, 0x89, 0x5c, 0x24, 0x60)); /* mov %rbx,0x60(%rsp) */

	assert_int_equal(in.reads, 1 << SD_RBX | 1 << SD_RSP);
	assert_int_equal(in.writes, 0);
	assert_true(in.writes_mem);
	in = decode(B(0x31, 0xc0)); /* xor %eax,%eax: the whole of rax */
	assert_int_equal(in.writes, 1 << SD_RAX);
	in = decode(B(0xb4, 0x01)); /* mov $1,%ah: a part of rax */
	assert_int_equal(in.writes, 1 << SD_RAX);
	in = decode(B(0x49, 0xf7, 0xe1)); /* mul %r9: implicit rax and rdx */
	assert_int_equal(in.writes, 1 << SD_RAX | 1 << SD_RDX);
	assert_int_equal(in.reads, 1 << SD_RAX | 1 << SD_R9);
	in = decode(B(0xf2, 0x0f, 0x58, 0xca)); /* addsd %xmm2,%xmm1 */
	assert_int_equal(in.xmm_writes, 1 << 1);
	assert_int_equal(in.writes, 0);
	in = decode(B(0xc5, 0xf8, 0x77)); /* vzeroupper keeps the XMM parts */
	assert_false(in.writes_mem);
	in = decode(B(0x0f, 0x05)); /* syscall: rcx and r11 are lost */
	assert_true(in.writes & 1 << SD_RCX);
	assert_true(in.writes & 1 << SD_R11);
	in = decode(B(0x48, 0x8d, 0x48, 0x08)); /* lea: no memory is written */
	assert_false(in.writes_mem);
	assert_int_equal(in.writes, 1 << SD_RCX);
}

static void test_pieces(void **state)
{
	struct sd_operands o;
	s32 disp;
	u8 reg;

	assert_true(sd_insn_is_go_stack_check_cmp(B(0x49, 0x3b, 0x66, 0x10),
						  ADDR)); /* cmp 16(r14),rsp */
	assert_true(sd_insn_is_go_stack_check_cmp(B(0x4d, 0x3b, 0x66, 0x10),
						  ADDR)); /* cmp 16(r14),r12 */
	assert_true(
		sd_insn_is_go_stack_check_cmp(B(0x49, 0x3b, 0x66, 0x18), ADDR)); /* stackguard1 */
	assert_true(sd_insn_is_go_stack_check_cmp(B(0x48, 0x3b, 0x61, 0x10),
						  ADDR)); /* cmp 16(rcx),rsp */
	assert_false(sd_insn_is_go_stack_check_cmp(B(0x49, 0x3b, 0x66, 0x20), ADDR));
	assert_false(sd_insn_is_go_stack_check_cmp(B(0x49, 0x39, 0x66, 0x10),
						   ADDR)); /* the other direction */
	assert_false(sd_insn_is_go_stack_check_cmp(B(0x48, 0x3b, 0x62, 0x10), ADDR)); /* off rdx */
	assert_true(sd_insn_is_fs_load(B(0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff),
				       ADDR, &disp, &reg));
	assert_int_equal(disp, -8);
	assert_int_equal(reg, SD_RCX);
	assert_false(sd_insn_is_fs_load(B(0x65, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff),
					ADDR, &disp, &reg));
	assert_false(sd_insn_is_fs_load(B(0x64, 0x48, 0x8b, 0x09), ADDR, &disp,
					&reg)); /* mov %fs:(%rcx),%rcx */
	assert_true(
		sd_insn_operands(B(0x48, 0x81, 0xec, 0x80, 0x01, 0, 0), &o)); /* sub $0x180,%rsp */
	assert_int_equal(o.op, SD_OP_SUB);
	assert_int_equal(o.n, 2);
	assert_int_equal(o.v[0].reg, SD_RSP);
	assert_int_equal(o.v[1].value, 0x180);
	assert_true(
		sd_insn_operands(B(0x48, 0x8b, 0x0d, 0x10, 0, 0, 0), &o)); /* mov 0x10(%rip),%rcx */
	assert_int_equal(o.v[1].base, 16);
	assert_int_equal(o.v[1].value, 0x10);
}

static void test_no_instruction(void **state)
{
	const struct {
		const u8 *p;
		size_t n;
	} bad[] = {
		{B(0x06)},
		{B(0x48)},
		{B(0x0f, 0x86, 0x00)},
		{B(0xe8, 0, 0, 0)},
		{B(0xff, 0xff)},
		{NULL, 0},
		{B(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		   0x66, 0x66, 0x90)},
	};
	struct sd_insn in;

	for (size_t i = 0; i < SD_ARRAY_SIZE(bad); i++) {
		struct sd_err *err = sd_insn_decode(bad[i].p, bad[i].n, ADDR, &in);
		struct sd_operands o;
		char text[16];

		assert_non_null(err);
		assert_string_equal(err->msg, "bytes at 0x1000 are no instruction");
		sd_err_free(err);
		assert_false(sd_insn_try(bad[i].p, bad[i].n, ADDR, &in));
		assert_false(sd_insn_operands(bad[i].p, bad[i].n, &o));
		assert_string_equal(sd_insn_text(bad[i].p, bad[i].n, ADDR, text, sizeof(text)),
				    "(bad)");
	}
}

/* Any bytes: nothing is read past their end (the sanitizers watch), and the fast decoder agrees
 * with the slow one. */
static void test_random(void **state)
{
	u64 x = 88172645463325252ULL;
	unsigned int decoded = 0;

	for (unsigned int i = 0; i < 200000; i++) {
		u8 *p;
		size_t n = 1 + i % 15;
		struct sd_insn fast, slow;
		struct sd_err *err;
		bool ok;

		p = sd_xmalloc(n);
		for (size_t k = 0; k < n; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			p[k] = (u8)(x >> 24);
		}
		err = sd_insn_decode(p, n, ADDR, &slow);
		ok = sd_insn_try(p, n, ADDR, &fast);
		if (!err) {
			assert_true(ok);
			assert_int_equal(fast.len, slow.len);
			assert_int_equal(fast.cls, slow.cls);
			assert_int_equal(fast.completion, slow.completion);
			assert_int_equal(fast.target, slow.target);
			/* What may change the frame is marked. */
			if (slow.writes & (1 << SD_RSP | 1 << SD_RBP) && slow.cls != SD_INSN_CALL &&
			    slow.cls != SD_INSN_RET && slow.cls != SD_INSN_CALL_IND &&
			    !slow.frame) {
				char text[96];

				fail_msg("%s changes rsp or rbp",
					 sd_insn_text(p, n, ADDR, text, sizeof(text)));
			}
			decoded++;
		}
		sd_err_free(err);
		sd_freep(&p);
	}
	assert_true(decoded > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_details),
		cmocka_unit_test(test_effects),	       cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_no_instruction), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
