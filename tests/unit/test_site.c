/* SPDX-License-Identifier: BSD-2-Clause */
/* Sites: real functions of Go 1.15–1.26 and hand-made ones, each as the only code of a tiny ELF
 * image. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "site/priv.h"
#include "site/region.h"
#include "site/site.h"
#include "site_bytes.inc"

#define B(...) (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__})
#define HAND   0x401000 /* where hand-made functions lie */

struct image {
	u8 *p; /* owned */
	struct sd_elf *elf;
	struct sd_func fn;
	struct sd_arena arena;
};

/* An ELF file whose one segment is code at addr. */
static void image_init(struct image *im, const u8 *code, size_t n, u64 addr, enum sd_lang lang)
{
	u64 off = 0x1000 + (addr & 0xfff);
	Elf64_Ehdr *eh;
	Elf64_Phdr *ph;

	memset(im, 0, sizeof(*im));
	im->p = sd_xcalloc(1, off + n);
	eh = (Elf64_Ehdr *)im->p;
	memcpy(eh->e_ident, ELFMAG, SELFMAG);
	eh->e_ident[EI_CLASS] = ELFCLASS64;
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_ident[EI_VERSION] = EV_CURRENT;
	eh->e_type = ET_EXEC;
	eh->e_machine = EM_X86_64;
	eh->e_version = EV_CURRENT;
	eh->e_phoff = sizeof(*eh);
	eh->e_ehsize = sizeof(*eh);
	eh->e_phentsize = sizeof(*ph);
	eh->e_phnum = 1;
	ph = (Elf64_Phdr *)(eh + 1);
	ph->p_type = PT_LOAD;
	ph->p_flags = PF_R | PF_X;
	ph->p_offset = off;
	ph->p_vaddr = addr;
	ph->p_filesz = ph->p_memsz = n;
	ph->p_align = 0x1000;
	memcpy(im->p + off, code, n);
	assert_null(sd_elf_open_memory(im->p, off + n, "image", &im->elf));
	im->fn = (struct sd_func){
		.name = "f", .entry = {addr}, .end = {addr + n}, .lang = (u8)lang};
}

static void image_deinit(struct image *im)
{
	sd_elf_close(im->elf);
	sd_arena_deinit(&im->arena);
	sd_freep(&im->p);
}

enum mode { REGABI, ABI0, STACK, C };

static struct sd_err *entry(struct image *im, enum mode mode, u32 arg_regs, struct sd_site *ret)
{
	struct sd_entry_request req = {.lang = mode == C ? SD_LANG_C : SD_LANG_GO,
				       .regabi = mode == REGABI || mode == ABI0,
				       .arg_regs = arg_regs};

	im->fn.abi0 = mode == ABI0;
	return sd_site_entry(im->elf, &im->fn, &req, &im->arena, ret);
}

static void check_entry(const u8 *code, size_t n, u64 addr, enum mode mode, u32 arg_regs,
			int want_off, bool drop, enum sd_completion completion, int cfa_off)
{
	struct sd_site s;
	struct image im;
	struct sd_err *err;

	image_init(&im, code, n, addr, mode == C ? SD_LANG_C : SD_LANG_GO);
	err = entry(&im, mode, arg_regs, &s);
	if (err)
		fail_msg("%s", err->msg);
	if (s.addr.v != addr + (u64)want_off)
		fail_msg("site at +%d, not +%d: %s", (int)(s.addr.v - addr), want_off, s.why);
	assert_int_equal(s.kind, SD_SITE_ENTRY);
	assert_int_equal(s.off.v, 0x1000 + (addr & 0xfff) + (u64)want_off);
	assert_int_equal(s.insn.addr, s.addr.v);
	assert_int_equal(s.drop_if_be, drop);
	assert_int_equal(s.insn.completion, completion);
	assert_true(s.args_at_abi);
	assert_true(s.cfa.known);
	assert_int_equal(s.cfa.reg, SD_RSP);
	assert_int_equal(s.cfa.off, cfa_off);
	assert_non_null(s.why);
	image_deinit(&im);
}

#define REAL(name) name, sizeof(name)

static void test_go_stack_checks(void **state)
{
	check_entry(REAL(go126_small), GO126_SMALL_ADDR, REGABI, 0, 6, false, SD_EMULATED, 8);
	check_entry(REAL(go126_medium), GO126_MEDIUM_ADDR, REGABI, 0, 11, false, SD_EMULATED, 8);
	check_entry(REAL(go126_huge), GO126_HUGE_ADDR, REGABI, 0, 26, false, SD_EMULATED, 8);
	check_entry(REAL(go126_systemstack), GO126_SYSTEMSTACK_ADDR, REGABI, 0, 6, false,
		    SD_EMULATED, 8);
	check_entry(REAL(go126_abi0), GO126_ABI0_ADDR, ABI0, 0, 15, false, SD_EMULATED, 8);
	check_entry(REAL(go119_small), GO119_SMALL_ADDR, REGABI, 0, 4, true, SD_EMULATED, 8);
	check_entry(REAL(go119_medium), GO119_MEDIUM_ADDR, REGABI, 0, 9, true, SD_EMULATED, 8);
	check_entry(REAL(go119_huge), GO119_HUGE_ADDR, REGABI, 0, 20, true, SD_EMULATED, 8);
	check_entry(REAL(go116_small), GO116_SMALL_ADDR, STACK, 0, 13, true, SD_EMULATED, 8);
	check_entry(REAL(go116_medium), GO116_MEDIUM_ADDR, STACK, 0, 18, true, SD_EMULATED, 8);
	check_entry(REAL(go116_huge), GO116_HUGE_ADDR, STACK, 0, 39, true, SD_EMULATED, 8);
	check_entry(REAL(go116_pie), GO116_PIE_ADDR, STACK, 0, 15, true, SD_EMULATED, 8);
	/* a prologue alone proves nothing: without the call to morestack behind the branch it is an
	 * ordinary comparison, and its branch, the first emulated instruction, is hit whether it is
	 * taken or not */
	check_entry(B(0x49, 0x3b, 0x66, 0x10, 0x76, 0x01, 0xc3, 0xc3), HAND, REGABI, 0, 0, false,
		    SD_STEPPED, 8);
	/* cgo: g's TLS offset in a GOT word: mov off(%rip),%rcx; mov %fs:(%rcx),%rcx; cmp; jbe;
	 * ret; call; jmp entry */
	check_entry(B(0x48, 0x8b, 0x0d, 0x10, 0, 0, 0, 0x64, 0x48, 0x8b, 0x09, 0x48, 0x3b, 0x61,
		      0x10, 0x76, 0x01, 0xc3, 0xe8, 0, 0, 1, 0, 0xeb, 0xe7),
		    HAND, STACK, 0, 15, true, SD_EMULATED, 8);
}

static void test_go_leaves(void **state)
{
	check_entry(REAL(go126_leaf_push), GO126_LEAF_PUSH_ADDR, REGABI, 0, 0, false, SD_EMULATED,
		    8);
	/* memmove: all registers are moved before the first branch, and the block is jumped to: its
	 * first instruction */
	check_entry(REAL(go126_memmove), GO126_MEMMOVE_ADDR, REGABI, 0, 0, false, SD_STEPPED, 8);
	/* test %rax,%rax; je +1; ret; ret */
	check_entry(B(0x48, 0x85, 0xc0, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 0, 3, false,
		    SD_EMULATED, 8);
	/* test %al,(%rax) may fault, and then the je never sees the call */
	check_entry(B(0x84, 0x00, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 0, 0, false, SD_STEPPED,
		    8);
	/* mov %rax,%rcx clobbers rcx: the je is too late for a third argument, in time for one */
	check_entry(B(0x48, 0x89, 0xc1, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 0, 0, false,
		    SD_STEPPED, 8);
	check_entry(B(0x48, 0x89, 0xc1, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 1 << SD_RAX, 3,
		    false, SD_EMULATED, 8);
	/* addsd %xmm1,%xmm0; je: the first float argument is lost, unless the request says that
	 * there is none */
	check_entry(B(0xf2, 0x0f, 0x58, 0xc1, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 0, 0, false,
		    SD_STEPPED, 8);
	check_entry(B(0xf2, 0x0f, 0x58, 0xc1, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 1 << SD_RAX, 4,
		    false, SD_EMULATED, 8);
	check_entry(B(0xf2, 0x0f, 0x58, 0xc1, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 1U << SD_XMM0,
		    0, false, SD_STEPPED, 8);
	/* sub $0x18,%rsp; je: the frame is accounted for */
	check_entry(B(0x48, 0x83, 0xec, 0x18, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 0, 4, false,
		    SD_EMULATED, 0x20);
	/* sub $0x18,%rsp; mov %rbp,0x10(%rsp); lea 0x10(%rsp),%rbp; call (≤ 1.20 prologue): stores
	 * below the return address are fine, and a call is a site */
	check_entry(B(0x48, 0x83, 0xec, 0x18, 0x48, 0x89, 0x6c, 0x24, 0x10, 0x48, 0x8d, 0x6c, 0x24,
		      0x10, 0xe8, 0, 1, 0, 0, 0xc3),
		    HAND, REGABI, 0, 14, false, SD_EMULATED, 0x20);
	/* and $-16,%rsp; je: the frame is lost */
	check_entry(B(0x48, 0x83, 0xe4, 0xf0, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 0, 0, false,
		    SD_STEPPED, 8);
	/* stack ABI: mov %rcx,0x10(%rsp) changes an argument; mov %rcx,-8(%rsp) does not; mov
	 * %rcx,(%rax) may */
	check_entry(B(0x48, 0x89, 0x4c, 0x24, 0x10, 0x74, 0x01, 0xc3, 0xc3), HAND, STACK, 0, 0,
		    false, SD_STEPPED, 8);
	check_entry(B(0x48, 0x89, 0x4c, 0x24, 0xf8, 0x74, 0x01, 0xc3, 0xc3), HAND, STACK, 0, 5,
		    false, SD_EMULATED, 8);
	check_entry(B(0x48, 0x89, 0x08, 0x74, 0x01, 0xc3, 0xc3), HAND, STACK, 0, 0, false,
		    SD_STEPPED, 8);
	/* mov 8(%rdx),%rdx: a closure's captured variables are lost */
	check_entry(B(0x48, 0x8b, 0x52, 0x08, 0x74, 0x01, 0xc3, 0xc3), HAND, STACK, 0, 0, false,
		    SD_STEPPED, 8);
	/* vpor first: the kernel would leave it out; the je behind it is fine when no float is
	 * wanted */
	check_entry(B(0xc5, 0xe9, 0xeb, 0xd9, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI, 1 << SD_RAX, 4,
		    false, SD_EMULATED, 8);
	/* test; dec; jne back to the dec: the loop starts behind the first instruction, which stays
	 * the site */
	check_entry(B(0x48, 0x85, 0xc0, 0x48, 0xff, 0xca, 0x75, 0xfb, 0xc3), HAND, STACK, 0, 0,
		    false, SD_STEPPED, 8);
	/* ret alone */
	check_entry(B(0xc3), HAND, REGABI, 0, 0, false, SD_STEPPED, 8);
}

static void test_c(void **state)
{
	check_entry(B(0x55, 0x48, 0x89, 0xe5, 0x5d, 0xc3), HAND, C, 0, 0, false, SD_EMULATED, 8);
	check_entry(B(0xf3, 0x0f, 0x1e, 0xfa, 0x41, 0x57, 0xc3), HAND, C, 0, 4, false, SD_EMULATED,
		    8);
	check_entry(B(0xf3, 0x0f, 0x1e, 0xfa, 0x31, 0xc0, 0xc3), HAND, C, 0, 4, false, SD_STEPPED,
		    8);
	check_entry(B(0x31, 0xc0, 0x74, 0x00, 0xc3), HAND, C, 0, 0, false, SD_STEPPED, 8);
	/* a 10-byte nop with a CS prefix is refused; behind it nothing has changed */
	check_entry(B(0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x55, 0xc3), HAND, C, 0, 10,
		    false, SD_EMULATED, 8);
}

static void check_no_entry(const u8 *code, size_t n, u64 addr, enum mode mode, const char *msg)
{
	struct sd_site s;
	struct image im;
	struct sd_err *err;

	image_init(&im, code, n, addr, mode == C ? SD_LANG_C : SD_LANG_GO);
	err = entry(&im, mode, 0, &s);
	assert_non_null(err);
	if (!strstr(err->msg, msg))
		fail_msg("%s", err->msg);
	sd_err_free(err);
	image_deinit(&im);
}

static void test_no_entry(void **state)
{
	struct image im;
	struct sd_site s;
	struct sd_err *err;

	check_no_entry(REAL(go126_loop_head), GO126_LOOP_HEAD_ADDR, REGABI, "head of a loop");
	check_no_entry(B(0x48, 0xff, 0xc8, 0x75, 0xfb, 0xc3), HAND, C, "head of a loop");
	check_no_entry(B(0xf0, 0x48, 0xff, 0x00, 0x74, 0x01, 0xc3, 0xc3), HAND, REGABI,
		       "no instruction at its start");
	check_no_entry(B(0xcc), HAND, REGABI, "no instruction at its start");
	check_no_entry(B(0x06, 0x06), HAND, REGABI, "bytes at 0x401000 cannot be decoded");
	check_no_entry(B(0x55, 0x06, 0x55), HAND, C, "bytes at 0x401001 cannot be decoded");

	image_init(&im, B(0x55, 0xc3), HAND, SD_LANG_GO);
	im.fn.runtime_internal = true;
	err = entry(&im, REGABI, 0, &s);
	assert_non_null(err);
	assert_non_null(strstr(err->msg, "must not be probed"));
	sd_err_free(err);
	im.fn.runtime_internal = false;
	im.fn.end = im.fn.entry;
	err = entry(&im, REGABI, 0, &s);
	assert_non_null(err);
	assert_non_null(strstr(err->msg, "size is unknown"));
	sd_err_free(err);
	im.fn.entry.v += 0x100000;
	im.fn.end.v = im.fn.entry.v + 1;
	err = entry(&im, REGABI, 0, &s);
	assert_non_null(err);
	assert_non_null(strstr(err->msg, "not in the file"));
	sd_err_free(err);
	image_deinit(&im);
}

static void check_returns(const u8 *code, size_t n, u64 addr, enum sd_lang lang, bool abi0,
			  u32 want, u32 want_tails)
{
	struct image im;
	struct sd_site *s;
	struct sd_err *err;
	u32 k = 0, tails = 77;

	image_init(&im, code, n, addr, lang);
	im.fn.abi0 = abi0;
	err = sd_site_returns(im.elf, &im.fn, &im.arena, &s, &k, &tails);
	if (err)
		fail_msg("%s", err->msg);
	assert_int_equal(k, want);
	assert_int_equal(tails, want_tails);
	for (u32 i = 0; i < k; i++) {
		assert_int_equal(s[i].kind, SD_SITE_RETURN);
		assert_int_equal(s[i].insn.cls, SD_INSN_RET);
		assert_int_equal(code[s[i].addr.v - addr] & 0xfe, 0xc2);
		assert_int_equal(s[i].off.v, 0x1000 + (addr & 0xfff) + s[i].addr.v - addr);
		assert_int_equal(s[i].cfa.off, 8);
	}
	image_deinit(&im);
}

static void check_no_returns(const u8 *code, size_t n, const char *msg)
{
	struct image im;
	struct sd_site *s;
	struct sd_err *err;
	u32 k, tails;

	image_init(&im, code, n, HAND, SD_LANG_C);
	err = sd_site_returns(im.elf, &im.fn, &im.arena, &s, &k, &tails);
	assert_non_null(err);
	if (!strstr(err->msg, msg))
		fail_msg("%s", err->msg);
	sd_err_free(err);
	image_deinit(&im);
}

static void test_returns(void **state)
{
	check_returns(REAL(go126_small), GO126_SMALL_ADDR, SD_LANG_GO, false, 1, 0);
	check_returns(REAL(go119_small), GO119_SMALL_ADDR, SD_LANG_GO, false, 1, 0);
	check_returns(REAL(go126_loop_head), GO126_LOOP_HEAD_ADDR, SD_LANG_GO, false, 2, 0);
	/* ret; int3 padding · ret; zeroes, the last one half an instruction */
	check_returns(B(0xc3, 0xcc, 0xcc, 0xcc), HAND, SD_LANG_GO, false, 1, 0);
	check_returns(B(0xc3, 0, 0, 0), HAND, SD_LANG_C, false, 1, 0);
	/* jmp out; je out; jmp to the own entry (a goroutine's stack has grown) */
	check_returns(B(0xe9, 0, 1, 0, 0), HAND, SD_LANG_GO, false, 0, 1);
	check_returns(B(0x74, 0x70, 0xc3), HAND, SD_LANG_C, false, 1, 1);
	check_returns(B(0xc3, 0xeb, 0xfd), HAND, SD_LANG_GO, false, 1, 0);
	/* jmp *%rax: a switch in Go's compiled code, the way out in its assembly and in C */
	check_returns(B(0xff, 0xe0, 0xc3), HAND, SD_LANG_GO, false, 1, 0);
	check_returns(B(0xff, 0xe0, 0xc3), HAND, SD_LANG_GO, true, 1, 1);
	check_returns(B(0xff, 0xe0, 0xc3), HAND, SD_LANG_C, false, 1, 1);
	/* C's switches: movslq (%rdx,%rax,4),%rax; add %rdx,%rax; jmp *%rax · notrack · jmp
	 * *table(,%rax,8) */
	check_returns(B(0x48, 0x63, 0x04, 0x82, 0x48, 0x01, 0xd0, 0xff, 0xe0, 0xc3), HAND,
		      SD_LANG_C, false, 1, 0);
	check_returns(B(0x3e, 0xff, 0xe0, 0xc3), HAND, SD_LANG_C, false, 1, 0);
	check_returns(B(0xff, 0x24, 0xc5, 0, 0x20, 0x40, 0, 0xc3), HAND, SD_LANG_C, false, 1, 0);
	/* a c3 inside an instruction is no return */
	check_returns(B(0xb8, 0xc3, 0xc3, 0xc3, 0xc3, 0xc2, 0x08, 0x00), HAND, SD_LANG_C, false, 1,
		      0);
	check_no_returns(B(0xc3, 0x06, 0xc3), "bytes at 0x401001 cannot be decoded");
	check_no_returns(B(0xeb, 0x01, 0xb8, 0xc3, 0, 0, 0, 0xc3), "middle of an instruction");
}

/* Arguments by the first address at which each has a location; 0: it has none. */
struct by_address {
	const u64 *from;
	u32 n;
};

static u32 have_by_address(void *ctx, u64 pc)
{
	const struct by_address *a = ctx;
	u32 have = 0;

	for (u32 i = 0; i < a->n; i++)
		have += a->from[i] && a->from[i] <= pc;
	return have;
}

static void check_inlined(const u8 *code, size_t n, const u64 (*ranges)[2], u32 nranges,
			  const u64 *from, u32 nfrom, int want, int cfa_off)
{
	struct by_address a = {from, nfrom};
	struct image im;
	struct sd_site s;
	struct sd_err *err;

	image_init(&im, code, n, HAND, SD_LANG_GO);
	err = sd_site_inlined_where(im.elf, &im.fn, ranges, nranges, have_by_address, &a, &im.arena,
				    &s);
	if (err)
		fail_msg("%s", err->msg);
	assert_int_equal(s.kind, SD_SITE_INLINED);
	if (s.addr.v != HAND + (u64)want)
		fail_msg("site at +%d, not +%d: %s", (int)(s.addr.v - HAND), want, s.why);
	assert_true(s.cfa.known);
	assert_int_equal(s.cfa.off, cfa_off);
	assert_false(s.args_at_abi);
	image_deinit(&im);
}

static void check_no_inlined(const u8 *code, size_t n, const u64 (*ranges)[2], u32 nranges,
			     const char *msg)
{
	struct image im;
	struct sd_site s;
	struct sd_err *err;

	image_init(&im, code, n, HAND, SD_LANG_GO);
	err = sd_site_inlined_where(im.elf, &im.fn, ranges, nranges, NULL, NULL, &im.arena, &s);
	assert_non_null(err);
	if (!strstr(err->msg, msg))
		fail_msg("%s", err->msg);
	sd_err_free(err);
	image_deinit(&im);
}

#define R(a, b)                                                                                    \
	{                                                                                          \
		HAND + (a), HAND + (b)                                                             \
	}

static void test_inlined(void **state)
{
	/* 0: push %rbp  1: sub $0x10,%rsp  5: xor %ecx,%ecx  7: inc %rcx  a: nop  b: cmp %rax,%rcx
	 * e: jl 7  10: add $0x10, %rsp  14: pop %rbp  15: ret */
	static const u8 loop[] = {0x55, 0x48, 0x83, 0xec, 0x10, 0x31, 0xc9, 0x48, 0xff, 0xc1, 0x90,
				  0x48, 0x39, 0xc1, 0x7c, 0xf7, 0x48, 0x83, 0xc4, 0x10, 0x5d, 0xc3};
	const u64 body[][2] = {R(5, 16)}, head[][2] = {R(7, 16)}, turn[][2] = {R(7, 11)};
	const u64 split[][2] = {R(0xb, 0xe), R(7, 0xb)};
	const u64 none[][2] = {R(5, 5)}, middle[][2] = {R(8, 16)};
	const u64 now[] = {HAND}, late[] = {HAND + 0xb, HAND}, never[] = {0, HAND};

	/* The copy holds the loop: entered at 5; the block ends at 7, which the loop jumps to, so
	 * nothing emulated. */
	check_inlined(loop, sizeof(loop), body, 1, now, 1, 5, 0x20);
	/* The loop's head, jumped to from inside: its turns are not calls. */
	check_no_inlined(loop, sizeof(loop), head, 1, "head of a loop");
	/* The loop is the caller's: one call a turn; the nop is emulated. */
	check_inlined(loop, sizeof(loop), turn, 1, now, 1, 0xa, 0x20);
	/* … without arguments too. Its ranges touch: the block goes on to the end of the second,
	 * where the late argument has a location at last; an argument that never has one is not
	 * waited for. */
	check_inlined(loop, sizeof(loop), turn, 1, NULL, 0, 0xa, 0x20);
	check_inlined(loop, sizeof(loop), split, 2, late, 2, 0xb, 0x20);
	check_inlined(loop, sizeof(loop), split, 2, never, 2, 0xa, 0x20);
	check_no_inlined(loop, sizeof(loop), none, 1, "no code");
	check_no_inlined(loop, sizeof(loop), middle, 1, "does not start at an instruction");
	/* 0: test %rax,%rax  3: je 8  5: inc %rax  8: dec %rax (from two sides)  b: jmp d  d: ret;
	 * the copy is 5–d: one way in is past its start */
	{
		static const u8 two[] = {0x48, 0x85, 0xc0, 0x74, 0x03, 0x48, 0xff,
					 0xc0, 0x48, 0xff, 0xc8, 0xeb, 0x00, 0xc3};
		const u64 both[][2] = {R(5, 0xd)}, second[][2] = {R(8, 0xd)};

		check_no_inlined(two, sizeof(two), both, 1, "can be entered at 0x401008");
		/* test %al,%al; je 9; mov 0x58(%rsp),%rbx; 9: cmp %rcx,%rax; c: test %rbx,%rbx; je
		 * 12; nop; ret: a reload on one of the ways to the copy counts to it, and is no
		 * entry (bytes.Clone in crypto/ecdh, go1.26) */
		static const u8 reload[] = {0x84, 0xc0, 0x74, 0x05, 0x48, 0x8b, 0x5c,
					    0x24, 0x58, 0x48, 0x39, 0xc8, 0x48, 0x85,
					    0xdb, 0x74, 0x01, 0x90, 0xc3};
		const u64 way[][2] = {R(4, 9), R(0xc, 0x12)};
		/* mov 8(%rax),%rcx; test %rbx,%rbx; je c; inc %rcx; ret: the load was moved up
		 * before the caller's branch, which decides whether the call is made */
		static const u8 moved[] = {0x48, 0x8b, 0x48, 0x08, 0x48, 0x85, 0xdb,
					   0x74, 0x03, 0x48, 0xff, 0xc1, 0xc3};
		const u64 up[][2] = {R(0, 4), R(9, 0xc)}, own[][2] = {R(0, 0xc)};

		check_inlined(reload, sizeof(reload), way, 2, NULL, 0, 0xf, 8);
		check_inlined(moved, sizeof(moved), up, 2, NULL, 0, 9, 8);
		/* the branch is the copy's own: it is entered at the load, which may fault: nothing
		 * behind it sees all calls */
		check_inlined(moved, sizeof(moved), own, 1, NULL, 0, 0, 8);
		/* both sides come to its start: fine; the jmp that ends its block is emulated */
		check_inlined(two, sizeof(two), second, 1, now, 1, 0xb, 8);
	}
}

static u32 have_once(void *ctx, u64 pc)
{
	return pc == *(const u64 *)ctx;
}

static void test_inlined_where(void **state)
{
	/* xor %ecx,%ecx; inc %rcx; nop; ret: the argument has a location at the inc only, so the
	 * nop is no better */
	struct image im;
	struct sd_site s;
	const u64 all[][2] = {R(0, 7)};
	u64 pc = HAND + 2;

	image_init(&im, B(0x31, 0xc9, 0x48, 0xff, 0xc1, 0x90, 0xc3), HAND, SD_LANG_GO);
	assert_null(sd_site_inlined_where(im.elf, &im.fn, all, 1, have_once, &pc, &im.arena, &s));
	assert_int_equal(s.addr.v, HAND + 2);
	assert_null(sd_site_inlined_where(im.elf, &im.fn, all, 1, NULL, NULL, &im.arena, &s));
	assert_int_equal(s.addr.v, HAND + 5);
	image_deinit(&im);
}

static void test_addr(void **state)
{
	/* 0: push %rbp  1: mov %rsp,%rbp  4: and $-16,%rsp  8: nop  9: leave  a: call f  f: ret */
	struct image im;
	struct sd_site s;
	struct sd_err *err;
	const int offs[] = {0, 1, 4, 8, 9, 10, 15}, cfas[] = {8, 16, 16, 16, 16, 8, 8};

	image_init(&im,
		   B(0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xe4, 0xf0, 0x90, 0xc9, 0xe8, 0xf1, 0xff,
		     0xff, 0xff, 0xc3),
		   HAND, SD_LANG_C);
	for (size_t i = 0; i < SD_ARRAY_SIZE(offs); i++) {
		assert_null(sd_site_addr(im.elf, &im.fn, (struct sd_vaddr){HAND + (u64)offs[i]},
					 &im.arena, &s));
		assert_int_equal(s.kind, SD_SITE_ADDR);
		assert_true(s.cfa.known);
		assert_int_equal(s.cfa.off, cfas[i]);
		assert_int_equal(s.cfa.reg, offs[i] == 8 || offs[i] == 9 ? SD_RBP : SD_RSP);
		assert_int_equal(s.args_at_abi, offs[i] == 0);
	}
	err = sd_site_addr(im.elf, &im.fn, (struct sd_vaddr){HAND + 2}, &im.arena, &s);
	assert_non_null(err);
	assert_int_equal(err->kind, SD_ERR_USAGE);
	sd_err_free(err);
	err = sd_site_addr(im.elf, &im.fn, (struct sd_vaddr){HAND + 16}, &im.arena, &s);
	assert_non_null(err);
	sd_err_free(err);
	assert_true(sd_site_call_to(im.elf, &im.fn, (struct sd_vaddr){HAND}, &s));
	assert_int_equal(s.addr.v, HAND + 10);
	assert_int_equal(s.insn.cls, SD_INSN_CALL);
	assert_false(sd_site_call_to(im.elf, &im.fn, (struct sd_vaddr){HAND + 1}, &s));
	image_deinit(&im);
	image_init(&im, B(0xc5, 0xe9, 0xeb, 0xd9, 0xc3), HAND, SD_LANG_C);
	err = sd_site_addr(im.elf, &im.fn, (struct sd_vaddr){HAND}, &im.arena, &s);
	assert_non_null(err);
	assert_string_equal(err->msg,
			    "f: no probe can be set on `vpor %xmm1,%xmm2,%xmm3` at 0x401000");
	sd_err_free(err);
	image_deinit(&im);
}

/* What a call that never returns seems to lead to must not spoil the frame of the code behind it.
 */
static void test_frames(void **state)
{
	static const u8 code[] = {0x49, 0x3b, 0x66, 0x10,    /* 0: cmp 0x10(%r14),%rsp */
				  0x76, 0x12,		     /* 4: jbe 18 */
				  0x55,			     /* 6: push %rbp */
				  0x48, 0x89, 0xe5,	     /* 7: mov %rsp,%rbp */
				  0x48, 0x85, 0xc0,	     /* a: test %rax,%rax */
				  0x74, 0x02,		     /* d: je 11 */
				  0x5d,			     /* f: pop %rbp */
				  0xc3,			     /* 10: ret */
				  0xe8, 0,    1,    0,	  0, /* 11: call panic */
				  0x66, 0x90,		     /* 16: xchg %ax,%ax: never run */
				  0xe8, 0,    2,    0,	  0, /* 18: call morestack */
				  0xeb, 0xe1};		     /* 1d: jmp 0 */
	static const struct {
		u64 off;
		s64 cfa;
	} wants[] = {
		{0, 8}, {4, 8}, {6, 8}, {7, 16}, {0xd, 16}, {0xf, 16}, {0x10, 8}, {0x11, 16},
	};
	struct sd_cfa cfa[32];
	struct sd_flow f;
	struct image im;

	image_init(&im, code, sizeof(code), HAND, SD_LANG_GO);
	assert_null(sd_flow_init(im.elf, &im.fn, &f));
	assert_true(f.v.n < SD_ARRAY_SIZE(cfa));
	sd_flow_frames(&f, cfa);
	for (size_t i = 0; i < SD_ARRAY_SIZE(wants); i++) {
		u32 at = sd_flow_find(&f, HAND + wants[i].off);

		assert_int_not_equal(at, SD_FLOW_NONE);
		assert_true(cfa[at].known);
		assert_int_equal(cfa[at].off, wants[i].cfa);
	}
	sd_flow_deinit(&f);
	image_deinit(&im);
}

/* ---- lines ---- */

/* The one site of line 9; rows are {offset, line}, each with a statement. */
static void check_line(const u8 *code, size_t n, const u8 (*rows)[2], u32 nrows, u64 want)
{
	struct sd_dwarf_row row[16];
	u64 stmts[16];
	struct sd_code_lines lines = {.rows = row, .nrows = nrows, .stmts = stmts, .nstmts = nrows};
	struct sd_region_site *sites;
	struct sd_flow flow;
	struct sd_blocks blocks;
	struct image im;
	u32 found;

	image_init(&im, code, n, HAND, SD_LANG_GO);
	for (u32 i = 0; i < nrows; i++) {
		stmts[i] = HAND + rows[i][0];
		row[i] = (struct sd_dwarf_row){.lo = stmts[i],
					       .hi = HAND + (i + 1 < nrows ? rows[i + 1][0] : n),
					       .file = "f.go",
					       .line = rows[i][1],
					       .is_stmt = true};
	}
	lines.fn = &im.fn;
	assert_null(sd_flow_init(im.elf, &im.fn, &flow));
	assert_null(sd_blocks_init(&flow, NULL, NULL, &blocks));
	sd_region_sites(&(struct sd_region_request){&lines, &blocks, "f.go", 9}, &sites, &found);
	assert_int_equal(found, 1);
	assert_int_equal(flow.v.v[sites[0].insn].addr, HAND + want);
	free(sites);
	sd_blocks_deinit(&blocks);
	sd_flow_deinit(&flow);
	image_deinit(&im);
}

#define ROWS(...) (const u8[][2]){__VA_ARGS__}, sizeof((const u8[][2]){__VA_ARGS__}) / 2

/* Registers that are saved and loaded again far from where the line is come to. */
static void test_moves(void **state)
{
	/* Before it, on one of two ways. */
	check_line(B(0x85, 0xc0,		   /* 0: test %eax,%eax */
		     0x74, 0x07,		   /* 2: je b */
		     0x48, 0x8b, 0x44, 0x24, 0x40, /* 4: mov 0x40(%rsp),%rax */
		     0x89, 0xdb,		   /* 9: mov %ebx,%ebx */
		     0x85, 0xc9,		   /* b: test %ecx,%ecx */
		     0x74, 0x08,		   /* d: je 17 */
		     0x48, 0x8b, 0x44, 0x24, 0x40, /* f: mov 0x40(%rsp),%rax */
		     0x48, 0x8b, 0x00,		   /* 14: mov (%rax),%rax */
		     0xc3),			   /* 17: ret */
		   ROWS({0, 1}, {4, 9}, {9, 2}, {0xb, 4}, {0xf, 9}, {0x17, 10}), 0xf);
	/* At the head of the loop whose last line it is. */
	check_line(B(0x31, 0xc0,	     /* 0: xor %eax,%eax */
		     0x88, 0x44, 0x24, 0x10, /* 2: mov %al,0x10(%rsp) */
		     0x85, 0xdb,	     /* 6: test %ebx,%ebx */
		     0x74, 0x05,	     /* 8: je f */
		     0x48, 0x8b, 0x01,	     /* a: mov (%rcx),%rax */
		     0xeb, 0xf3,	     /* d: jmp 2 */
		     0xc3),		     /* f: ret */
		   ROWS({0, 1}, {2, 9}, {6, 3}, {0xa, 9}, {0xf, 10}), 0xa);
	/* In a loop behind it, with the comparison. */
	check_line(B(0x83, 0x39, 0x01,		   /* 0: cmpl $1,(%rcx) */
		     0x0f, 0x94, 0x44, 0x24, 0x20, /* 3: sete 0x20(%rsp) */
		     0xff, 0xc9,		   /* 8: dec %ecx */
		     0x0f, 0xb6, 0x54, 0x24, 0x20, /* a: movzbl 0x20(%rsp),%edx */
		     0x84, 0xd2,		   /* f: test %dl,%dl */
		     0x74, 0x02,		   /* 11: je 15 */
		     0xff, 0xc3,		   /* 13: inc %ebx */
		     0x85, 0xc9,		   /* 15: test %ecx,%ecx */
		     0x75, 0xef,		   /* 17: jne 8 */
		     0xc3),			   /* 19: ret */
		   ROWS({0, 9}, {8, 11}, {0xa, 9}, {0x11, 12}, {0x15, 11}, {0x19, 13}), 0);
	/* Nothing but moves: where they are. */
	check_line(B(0x85, 0xc0,		   /* 0: test %eax,%eax */
		     0x74, 0x05,		   /* 2: je 9 */
		     0x48, 0x8b, 0x44, 0x24, 0x40, /* 4: mov 0x40(%rsp),%rax */
		     0xc3),			   /* 9: ret */
		   ROWS({0, 1}, {4, 9}, {9, 10}), 4);
}

/* Random code: no crash, no endless loop; every site lies on a boundary of the linear decoding and
 * is not refused. */
static void check_captured(const u8 *code, size_t n, struct sd_capture c, enum sd_captured want)
{
	struct image im;

	image_init(&im, code, n, HAND, SD_LANG_GO);
	c.entry.v = HAND;
	c.end.v = HAND + n;
	assert_int_equal(sd_site_captured(im.elf, &c), want);
	image_deinit(&im);
}

static struct sd_capture place(u64 off, u64 size, u64 where, u8 reg)
{
	return (struct sd_capture){.off = off, .size = size, .n = 1, .at = {{HAND + where, reg}}};
}

/* The instruction before the address of x is in its register; code that is not optimized. */
static void test_captured(void **state)
{
	struct sd_capture c = {.off = 8, .size = 8, .fixed = true};

	/* mov 0x8(%rdx),%rcx; incq (%rcx); ret */
	check_captured(B(0x48, 0x8b, 0x4a, 0x08, 0x48, 0xff, 0x01, 0xc3), place(8, 8, 4, SD_RCX),
		       SD_CAPTURED_REF);
	check_captured(B(0x48, 0x8b, 0x4a, 0x08, 0x48, 0xff, 0x01, 0xc3), place(16, 8, 4, SD_RCX),
		       SD_CAPTURED_UNKNOWN);
	check_captured(B(0x48, 0x8b, 0x4a, 0x08, 0x48, 0xff, 0x01, 0xc3), place(8, 8, 7, SD_RCX),
		       SD_CAPTURED_UNKNOWN);
	/* lea 0x8(%rdx),%rbx; ret */
	check_captured(B(0x48, 0x8d, 0x5a, 0x08, 0xc3), place(8, 40, 4, SD_RBX), SD_CAPTURED_COPY);
	/* mov 0x38(%rsp),%rbx; add $0x18,%rbx; ret */
	check_captured(B(0x48, 0x8b, 0x5c, 0x24, 0x38, 0x48, 0x83, 0xc3, 0x18, 0xc3),
		       place(24, 40, 9, SD_RBX), SD_CAPTURED_COPY);
	/* the address is taken out of the frame, not out of the func value: mov 0x8(%rsp),%rcx; ret
	 */
	check_captured(B(0x48, 0x8b, 0x4c, 0x24, 0x08, 0xc3), place(8, 8, 5, SD_RCX),
		       SD_CAPTURED_UNKNOWN);
	/* mov 0x28(%rdx),%rax; ret: within x, where a pointer to it would not be */
	check_captured(B(0x48, 0x8b, 0x42, 0x28, 0xc3), (struct sd_capture){.off = 8, .size = 40},
		       SD_CAPTURED_COPY);
	check_captured(B(0x48, 0x8b, 0x42, 0x28, 0xc3), (struct sd_capture){.off = 8, .size = 32},
		       SD_CAPTURED_UNKNOWN);
	check_captured(B(0x48, 0x8b, 0x42, 0x28, 0xc3),
		       (struct sd_capture){.off = 8, .size = 40, .generic = true},
		       SD_CAPTURED_UNKNOWN);
	/* mov 0x8(%rdx),%rdx; mov 0x10(%rdx),%rax; ret: x, through the pointer to it */
	check_captured(B(0x48, 0x8b, 0x52, 0x08, 0x48, 0x8b, 0x42, 0x10, 0xc3),
		       (struct sd_capture){.off = 8, .size = 40}, SD_CAPTURED_UNKNOWN);
	/* mov 0x8(%rdx),%rax; mov %rax,0x10(%rsp); ret, and lea */
	check_captured(B(0x48, 0x8b, 0x42, 0x08, 0x48, 0x89, 0x44, 0x24, 0x10, 0xc3), c,
		       SD_CAPTURED_REF);
	check_captured(B(0x48, 0x8d, 0x42, 0x08, 0x48, 0x89, 0x44, 0x24, 0x10, 0xc3), c,
		       SD_CAPTURED_COPY);
	/* xor %edx,%edx first: rdx has the func value no more */
	check_captured(B(0x31, 0xd2, 0x48, 0x8b, 0x42, 0x08, 0xc3), c, SD_CAPTURED_UNKNOWN);
	check_captured(B(0x06), c, SD_CAPTURED_UNKNOWN);
	c.fixed = false;
	check_captured(B(0x48, 0x8b, 0x42, 0x08, 0xc3), c, SD_CAPTURED_UNKNOWN);
}

static void test_random(void **state)
{
	u64 x = 0x9e3779b97f4a7c15ULL;
	unsigned int entries = 0;

	for (unsigned int i = 0; i < 3000; i++) {
		static const u8 common[] = {0x55, 0xc3, 0x74, 0xeb, 0xe8, 0xff, 0x48,
					    0x89, 0x90, 0x83, 0xec, 0xc9, 0x5d, 0xcc,
					    0x49, 0x3b, 0x66, 0x10, 0x76, 0x00};
		u64 ranges[1][2];
		u64 from = HAND;
		u8 code[96];
		struct image im;
		struct sd_site s, *rs;
		struct sd_flow f;
		struct sd_err *err;
		u32 n, tails;

		for (size_t k = 0; k < sizeof(code); k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			code[k] = x & 0x300 ? common[(x >> 24) % sizeof(common)] : (u8)(x >> 40);
		}
		image_init(&im, code, sizeof(code), HAND, i % 2 ? SD_LANG_C : SD_LANG_GO);
		assert_null(sd_flow_init(im.elf, &im.fn, &f));
		err = entry(&im, (enum mode)(i % 4), 0, &s);
		if (!err) {
			assert_int_not_equal(s.insn.completion, SD_REFUSED);
			assert_int_not_equal(sd_flow_find(&f, s.addr.v), SD_FLOW_NONE);
			entries++;
		}
		sd_err_free(err);
		err = sd_site_returns(im.elf, &im.fn, &im.arena, &rs, &n, &tails);
		if (!err) {
			for (u32 k = 0; k < n; k++)
				assert_int_not_equal(sd_flow_find(&f, rs[k].addr.v), SD_FLOW_NONE);
		}
		sd_err_free(err);
		ranges[0][0] = HAND + (x >> 12) % sizeof(code);
		ranges[0][1] = ranges[0][0] + (x >> 20) % 64;
		err = sd_site_inlined_where(im.elf, &im.fn, ranges, 1, have_by_address,
					    &(struct by_address){&from, 1}, &im.arena, &s);
		if (!err)
			assert_true(s.addr.v >= ranges[0][0] && s.addr.v < ranges[0][1]);
		sd_err_free(err);
		sd_flow_deinit(&f);
		image_deinit(&im);
	}
	if (entries < 200)
		fail_msg("%u entries", entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go_stack_checks),
		cmocka_unit_test(test_go_leaves),
		cmocka_unit_test(test_c),
		cmocka_unit_test(test_no_entry),
		cmocka_unit_test(test_returns),
		cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_inlined_where),
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_captured),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
