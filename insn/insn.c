/* SPDX-License-Identifier: BSD-2-Clause */
/* Decodes one instruction and says what it does to control flow, registers and memory. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <Zydis/Zydis.h>

#include "insn/priv.h"

/* Zydis numbers the integer registers as the instruction encoding does (rax rcx rdx rbx rsp rbp rsi
 * rdi); DWARF's order is the System V psABI's, figure 3.36. */
static const u8 dwarf_of_hw[16] = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};

static u8 dwarf_reg(ZydisRegister reg)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

	if (whole >= ZYDIS_REGISTER_RAX && whole <= ZYDIS_REGISTER_R15)
		return dwarf_of_hw[whole - ZYDIS_REGISTER_RAX];
	if (reg == ZYDIS_REGISTER_RIP)
		return 16;
	return SD_OPND_NOREG;
}

/* The number of a vector register, -1 when reg is none. */
static int vector_reg(ZydisRegister reg)
{
	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_XMM:
	case ZYDIS_REGCLASS_YMM:
	case ZYDIS_REGCLASS_ZMM:
		return ZydisRegisterGetId(reg);
	default:
		return -1;
	}
}

static void decoder_init(ZydisDecoder *d, bool minimal)
{
	ZydisDecoderInit(d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	ZydisDecoderEnableMode(d, ZYDIS_DECODER_MODE_MINIMAL, minimal);
}

static void raw_of(const ZydisDecodedInstruction *zi, struct sd_raw *r)
{
	memset(r, 0, sizeof(*r));
	r->len = zi->length;
	r->opcode = zi->opcode;
	r->modrm_reg = zi->raw.modrm.reg;
	r->map = zi->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT ? SD_MAP_ONE_BYTE
		 : zi->opcode_map == ZYDIS_OPCODE_MAP_0F    ? SD_MAP_0F
							    : SD_MAP_OTHER;
	switch (zi->encoding) {
	case ZYDIS_INSTRUCTION_ENCODING_LEGACY:
		break;
	case ZYDIS_INSTRUCTION_ENCODING_VEX:
	case ZYDIS_INSTRUCTION_ENCODING_EVEX:
		r->vector = true;
		break;
	default:
		r->alien = true;
	}
	for (unsigned int i = 0; i < zi->raw.prefix_count; i++) {
		switch (zi->raw.prefixes[i].value) {
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0xf0:
			r->bad_prefix = true;
			break;
		case 0x66:
			r->p66 = true;
			break;
		default:
			/* only right before the opcode */
			if ((zi->raw.prefixes[i].value & 0xf0) == 0x40 &&
			    i + 1 == zi->raw.prefix_count)
				r->rex = zi->raw.prefixes[i].value;
		}
	}
}

/* Whether the instruction may change rsp or rbp, by its encoding: never false wrongly. */
static bool may_touch_frame(const ZydisDecodedInstruction *zi, const struct sd_raw *r)
{
	u8 low = r->opcode & 7;
	bool named = low == 4 || low == 5; /* opcodes that hold a register number */

	if (r->vector ||
	    r->alien) /* few of them write integer registers: BMI (0f38, 0f3a), kmov, movmsk */
		return zi->raw.modrm.offset && (zi->raw.modrm.reg == 4 || zi->raw.modrm.reg == 5 ||
						zi->opcode_map != ZYDIS_OPCODE_MAP_0F);
	if (r->map == SD_MAP_ONE_BYTE) {
		switch (r->opcode) {
		case 0x50 ... 0x5f:
		case 0x68:
		case 0x6a:
		case 0x8f:
		case 0x9c:
		case 0x9d:
		case 0xc8:
		case 0xc9:
		case 0xca:
		case 0xcb:
		case 0xcf:
			return true;
		case 0x90 ... 0x97:
		case 0xb0 ... 0xbf:
			return named;
		case 0xff:
			if (zi->raw.modrm.reg == 6)
				return true;
			break;
		}
	} else if (r->map == SD_MAP_0F &&
		   (r->opcode >= 0xc8 || r->opcode == 0x07 || r->opcode == 0x34 ||
		    r->opcode == 0x35 || r->opcode == 0xa0 || r->opcode == 0xa1 ||
		    r->opcode == 0xa8 || r->opcode == 0xa9)) {
		return true;
	}
	if (!zi->raw.modrm.offset)
		return false;
	if (zi->raw.modrm.reg == 4 || zi->raw.modrm.reg == 5)
		return true;
	return zi->raw.modrm.mod == 3 && (zi->raw.modrm.rm == 4 || zi->raw.modrm.rm == 5);
}

static void set_target(struct sd_insn *in, const ZydisDecodedInstruction *zi)
{
	in->has_target = true;
	in->target = in->addr + in->len + (u64)zi->raw.imm[0].value.s;
}

static void classify(struct sd_insn *in, const ZydisDecodedInstruction *zi, const struct sd_raw *r)
{
	in->cls = SD_INSN_OTHER;
	if (zi->mnemonic == ZYDIS_MNEMONIC_ENDBR64) {
		in->cls = SD_INSN_ENDBR;
		return;
	}
	if (r->vector || r->alien)
		return;
	if (r->map == SD_MAP_0F) {
		if (r->opcode >= 0x80 && r->opcode <= 0x8f) {
			in->cls = SD_INSN_JCC;
			in->cc = r->opcode & 0xf;
			set_target(in, zi);
		} else if (r->opcode == 0x0b || r->opcode == 0xb9 || r->opcode == 0xff ||
			   r->opcode == 0x07 || r->opcode == 0x35) {
			in->cls = SD_INSN_TRAP;
		} else if (zi->mnemonic == ZYDIS_MNEMONIC_NOP) {
			in->cls = SD_INSN_NOP;
		}
		return;
	}
	if (r->map != SD_MAP_ONE_BYTE)
		return;
	switch (r->opcode) {
	case 0x50 ... 0x57:
		if (r->p66)
			break; /* two bytes only */
		in->cls = SD_INSN_PUSH_REG;
		in->push_reg = (s8)dwarf_of_hw[(r->opcode & 7) | (r->rex & 1) << 3];
		break;
	case 0x70 ... 0x7f:
		in->cls = SD_INSN_JCC;
		in->cc = r->opcode & 0xf;
		set_target(in, zi);
		break;
	case 0xe0 ... 0xe3:
		in->cls = SD_INSN_JCC;
		in->cc = SD_CC_OTHER;
		set_target(in, zi);
		break;
	case 0xc7:
		if (zi->mnemonic == ZYDIS_MNEMONIC_XBEGIN) {
			in->cls = SD_INSN_JCC;
			in->cc = SD_CC_OTHER;
			set_target(in, zi);
		}
		break;
	case 0x90:
		if (zi->mnemonic == ZYDIS_MNEMONIC_NOP || zi->mnemonic == ZYDIS_MNEMONIC_PAUSE)
			in->cls = SD_INSN_NOP;
		break;
	case 0xe8:
		in->cls = SD_INSN_CALL;
		set_target(in, zi);
		break;
	case 0xe9:
	case 0xeb:
		in->cls = SD_INSN_JMP;
		set_target(in, zi);
		break;
	case 0xc2:
	case 0xc3:
		in->cls = SD_INSN_RET;
		break;
	case 0xca: /* far returns */
	case 0xcb:
	case 0xcf:
		in->cls = SD_INSN_JMP_IND;
		break;
	case 0xcc:
	case 0xf1:
	case 0xf4:
		in->cls = SD_INSN_TRAP;
		break;
	case 0xff:
		if (r->modrm_reg == 2 || r->modrm_reg == 3)
			in->cls = SD_INSN_CALL_IND;
		else if (r->modrm_reg == 4 || r->modrm_reg == 5)
			in->cls = SD_INSN_JMP_IND;
		break;
	}
}

static void fill(struct sd_insn *in, const ZydisDecodedInstruction *zi, u64 addr)
{
	struct sd_raw r;

	memset(in, 0, sizeof(*in));
	raw_of(zi, &r);
	in->addr = addr;
	in->len = zi->length;
	in->push_reg = -1;
	in->mnemonic = (u16)zi->mnemonic;
	in->completion = sd_insn_completion(&r);
	in->frame = may_touch_frame(zi, &r);
	classify(in, zi, &r);
}

bool sd_insn_try(const u8 *bytes, size_t n, u64 addr, struct sd_insn *ret)
{
	ZydisDecoder d;
	ZydisDecodedInstruction zi;
	ZydisDecoderContext ctx;

	decoder_init(&d, true);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&d, &ctx, bytes, n, &zi)))
		return false;
	fill(ret, &zi, addr);
	return true;
}

static void note_reg(struct sd_insn *in, ZydisRegister reg, bool read, bool write)
{
	u8 num = dwarf_reg(reg);
	int vec = vector_reg(reg);

	if (num < 16) {
		if (read)
			in->reads |= 1U << num;
		if (write)
			in->writes |= 1U << num;
	}
	if (vec >= 0 && vec < 32 && write)
		in->xmm_writes |= 1U << vec;
}

static void fill_effects(struct sd_insn *in, const ZydisDecodedInstruction *zi,
			 const ZydisDecodedOperand *ops)
{
	for (unsigned int i = 0; i < zi->operand_count; i++) {
		const ZydisDecodedOperand *o = &ops[i];
		bool read = o->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
		bool write = o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;

		if (o->type == ZYDIS_OPERAND_TYPE_REGISTER) {
			note_reg(in, o->reg.value, read, write);
		} else if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) {
			note_reg(in, o->mem.base, true, false);
			note_reg(in, o->mem.index, true, false);
			if (write && o->mem.type != ZYDIS_MEMOP_TYPE_AGEN)
				in->writes_mem = true;
		}
	}
	/* Legacy instructions that touch all vector state at once and list no register. */
	switch (zi->mnemonic) {
	case ZYDIS_MNEMONIC_FXRSTOR:
	case ZYDIS_MNEMONIC_FXRSTOR64:
	case ZYDIS_MNEMONIC_XRSTOR:
	case ZYDIS_MNEMONIC_XRSTOR64:
	case ZYDIS_MNEMONIC_VZEROALL:
		in->xmm_writes = ~0U;
		break;
	default:
		break;
	}
}

static bool decode_full(const u8 *bytes, size_t n, ZydisDecodedInstruction *zi,
			ZydisDecodedOperand *ops)
{
	ZydisDecoder d;

	decoder_init(&d, false);
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, bytes, n, zi, ops));
}

struct sd_err *sd_insn_decode(const u8 *bytes, size_t n, u64 addr, struct sd_insn *ret)
{
	ZydisDecodedInstruction zi;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];

	if (!decode_full(bytes, n, &zi, ops))
		return sd_err_new(SD_ERR_FAILED, "bytes at 0x%" PRIx64 " are no instruction", addr);
	fill(ret, &zi, addr);
	fill_effects(ret, &zi, ops);
	return NULL;
}

static u8 op_of(ZydisMnemonic m)
{
	switch (m) {
	case ZYDIS_MNEMONIC_MOV:
		return SD_OP_MOV;
	case ZYDIS_MNEMONIC_MOVSS:
	case ZYDIS_MNEMONIC_MOVSD:
	case ZYDIS_MNEMONIC_MOVUPS:
	case ZYDIS_MNEMONIC_MOVAPS:
		return SD_OP_MOVSS;
	case ZYDIS_MNEMONIC_LEA:
		return SD_OP_LEA;
	case ZYDIS_MNEMONIC_ADD:
		return SD_OP_ADD;
	case ZYDIS_MNEMONIC_SUB:
		return SD_OP_SUB;
	case ZYDIS_MNEMONIC_AND:
		return SD_OP_AND;
	case ZYDIS_MNEMONIC_CMP:
		return SD_OP_CMP;
	case ZYDIS_MNEMONIC_XOR:
	case ZYDIS_MNEMONIC_XORPS:
	case ZYDIS_MNEMONIC_XORPD:
	case ZYDIS_MNEMONIC_PXOR:
		return SD_OP_XOR;
	case ZYDIS_MNEMONIC_TEST:
		return SD_OP_TEST;
	case ZYDIS_MNEMONIC_UCOMISS:
	case ZYDIS_MNEMONIC_UCOMISD:
	case ZYDIS_MNEMONIC_COMISS:
	case ZYDIS_MNEMONIC_COMISD:
		return SD_OP_FCMP;
	case ZYDIS_MNEMONIC_PUSH:
		return SD_OP_PUSH;
	case ZYDIS_MNEMONIC_POP:
		return SD_OP_POP;
	case ZYDIS_MNEMONIC_LEAVE:
		return SD_OP_LEAVE;
	case ZYDIS_MNEMONIC_SETB:
	case ZYDIS_MNEMONIC_SETBE:
	case ZYDIS_MNEMONIC_SETL:
	case ZYDIS_MNEMONIC_SETLE:
	case ZYDIS_MNEMONIC_SETNB:
	case ZYDIS_MNEMONIC_SETNBE:
	case ZYDIS_MNEMONIC_SETNL:
	case ZYDIS_MNEMONIC_SETNLE:
	case ZYDIS_MNEMONIC_SETNO:
	case ZYDIS_MNEMONIC_SETNP:
	case ZYDIS_MNEMONIC_SETNS:
	case ZYDIS_MNEMONIC_SETNZ:
	case ZYDIS_MNEMONIC_SETO:
	case ZYDIS_MNEMONIC_SETP:
	case ZYDIS_MNEMONIC_SETS:
	case ZYDIS_MNEMONIC_SETZ:
		return SD_OP_SETCC;
	case ZYDIS_MNEMONIC_MOVZX:
		return SD_OP_MOVZX;
	case ZYDIS_MNEMONIC_CMOVB:
	case ZYDIS_MNEMONIC_CMOVBE:
	case ZYDIS_MNEMONIC_CMOVL:
	case ZYDIS_MNEMONIC_CMOVLE:
	case ZYDIS_MNEMONIC_CMOVNB:
	case ZYDIS_MNEMONIC_CMOVNBE:
	case ZYDIS_MNEMONIC_CMOVNL:
	case ZYDIS_MNEMONIC_CMOVNLE:
	case ZYDIS_MNEMONIC_CMOVNO:
	case ZYDIS_MNEMONIC_CMOVNP:
	case ZYDIS_MNEMONIC_CMOVNS:
	case ZYDIS_MNEMONIC_CMOVNZ:
	case ZYDIS_MNEMONIC_CMOVO:
	case ZYDIS_MNEMONIC_CMOVP:
	case ZYDIS_MNEMONIC_CMOVS:
	case ZYDIS_MNEMONIC_CMOVZ:
		return SD_OP_CMOV;
	default:
		return SD_OP_OTHER;
	}
}

bool sd_insn_operands(const u8 *bytes, size_t n, struct sd_operands *ret)
{
	ZydisDecodedInstruction zi;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];

	if (!decode_full(bytes, n, &zi, ops))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->op = op_of(zi.mnemonic);
	for (unsigned int i = 0; i < zi.operand_count_visible && ret->n < SD_ARRAY_SIZE(ret->v);
	     i++) {
		const ZydisDecodedOperand *o = &ops[i];
		struct sd_operand *v = &ret->v[ret->n++];

		v->read = o->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
		v->written = o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
		v->size = o->size / 8;
		v->base = v->index = v->reg = SD_OPND_NOREG;
		switch (o->type) {
		case ZYDIS_OPERAND_TYPE_REGISTER:
			v->reg = dwarf_reg(o->reg.value);
			v->kind = v->reg < 16 ? SD_OPND_REG : SD_OPND_OTHER;
			if (vector_reg(o->reg.value) >= 0) {
				v->kind = SD_OPND_XMM;
				v->reg = (u8)vector_reg(o->reg.value);
			}
			break;
		case ZYDIS_OPERAND_TYPE_MEMORY:
			v->kind = SD_OPND_MEM;
			v->base = dwarf_reg(o->mem.base);
			v->index = dwarf_reg(o->mem.index);
			if (vector_reg(o->mem.index) >= 0)
				v->kind = SD_OPND_OTHER; /* gather, scatter */
			v->scale = o->mem.scale;
			v->value = o->mem.disp.has_displacement ? o->mem.disp.value : 0;
			v->segment = o->mem.segment == ZYDIS_REGISTER_FS ||
				     o->mem.segment == ZYDIS_REGISTER_GS;
			break;
		case ZYDIS_OPERAND_TYPE_IMMEDIATE:
			v->kind = SD_OPND_IMM;
			v->value = o->imm.value.s;
			break;
		default:
			break;
		}
	}
	return true;
}

/* Rewrites Zydis' AT&T text in place to the way that objdump writes it: no blanks after commas, a
 * star before indirect targets, no size suffix where a vector register says the size. */
static void like_objdump(const ZydisDecodedInstruction *zi, const ZydisDecodedOperand *ops,
			 enum sd_insn_class cls, char *buf, size_t bufsize)
{
	const char *name = ZydisMnemonicGetString(zi->mnemonic);
	size_t name_len = name ? strlen(name) : 0;
	bool vector = false;
	char *w = buf, *space;

	for (const char *r = buf; *r; r++) {
		if (!(*r == ' ' && r > buf && r[-1] == ','))
			*w++ = *r;
	}
	*w = 0;
	for (unsigned int i = 0; i < zi->operand_count_visible; i++)
		vector |= ops[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
			  vector_reg(ops[i].reg.value) >= 0;
	space = strchr(buf, ' ');
	if (!space)
		return;
	if (vector && !strncmp(buf, name, name_len) && (size_t)(space - buf) == name_len + 1)
		memmove(space - 1, space, strlen(space) + 1);
	if ((cls == SD_INSN_JMP_IND || cls == SD_INSN_CALL_IND) && !strchr(buf, '*') &&
	    strlen(buf) + 2 <= bufsize) {
		space = strrchr(buf, ' ');
		memmove(space + 2, space + 1, strlen(space + 1) + 1);
		space[1] = '*';
	}
}

const char *sd_insn_text(const u8 *bytes, size_t n, u64 addr, char *buf, size_t bufsize)
{
	ZydisDecodedInstruction zi;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
	ZydisFormatter f;
	struct sd_insn in;

	if (!bufsize)
		return buf;
	if (!decode_full(bytes, n, &zi, ops) ||
	    !ZYAN_SUCCESS(ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_ATT)))
		goto bad;
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_FORCE_RELATIVE_RIPREL, ZYAN_TRUE);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&f, &zi, ops, zi.operand_count_visible,
							  buf, bufsize, addr, NULL)))
		goto bad;
	fill(&in, &zi, addr);
	like_objdump(&zi, ops, in.cls, buf, bufsize);
	return buf;
bad:
	snprintf(buf, bufsize, "(bad)");
	return buf;
}

bool sd_insn_is_go_stack_check_cmp(const u8 *bytes, size_t n, u64 addr)
{
	struct sd_operands o;

	if (!sd_insn_operands(bytes, n, &o) || o.op != SD_OP_CMP || o.n != 2)
		return false;
	return o.v[0].kind == SD_OPND_REG && o.v[0].size == 8 && o.v[1].kind == SD_OPND_MEM &&
	       (o.v[1].base == 14 || o.v[1].base == 2) && o.v[1].index == SD_OPND_NOREG &&
	       !o.v[1].segment && (o.v[1].value == 16 || o.v[1].value == 24);
}

bool sd_insn_is_fs_load(const u8 *bytes, size_t n, u64 addr, s32 *disp_ret, u8 *reg_ret)
{
	struct sd_operands o;

	if (!sd_insn_operands(bytes, n, &o) || o.op != SD_OP_MOV || o.n != 2)
		return false;
	if (o.v[0].kind != SD_OPND_REG || o.v[0].size != 8 || o.v[1].kind != SD_OPND_MEM ||
	    !o.v[1].segment || o.v[1].base != SD_OPND_NOREG || o.v[1].index != SD_OPND_NOREG)
		return false;
	for (size_t i = 0; i < n && i < 4; i++) {
		if (bytes[i] == 0x65)
			return false; /* gs */
		if (bytes[i] == 0x64)
			break;
	}
	*disp_ret = (s32)o.v[1].value;
	*reg_ret = o.v[0].reg;
	return true;
}
