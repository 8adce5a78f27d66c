/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Type descriptors that nobody vouches for. The first byte is the version's minor number; the rest
 * is what lies between runtime.types and runtime.etypes. Beyond memory: a completed type is whole
 * and its members lie inside of it.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/go/go.h"
#include "lang/go/priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TYPES 0x401000ULL /* where the seeds' pointers point to */

struct file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	u8 pad[4096 - sizeof(Elf64_Ehdr) - sizeof(Elf64_Phdr)];
	u8 types[1 << 16];
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(struct sd_type *t)
{
	sd_type_complete(t);
	require(t->align && t->align <= 8 && t->size <= 1ULL << 47 && *t->name);
	switch (t->kind) {
	case SD_KIND_ARRAY:
		require(t->elem &&
			(t->elem->size ? t->size / t->elem->size == t->count : !t->size));
		break;
	case SD_KIND_SLICE:
		require(t->elem && t->size == 24);
		break;
	case SD_KIND_PTR:
	case SD_KIND_CHAN:
	case SD_KIND_FUNC:
		require(t->size == 8);
		break;
	case SD_KIND_MAP:
		require(t->size == 8 && !t->key == !t->elem);
		if (t->key) {
			struct sd_go_map_slots s;

			require(sd_go_map_slots(SD_GO_MAP_CLASSIC, t->key->size, t->key->align,
						t->elem->size, t->elem->align, &s) &&
				s.size <= 8 + 8 * 256 + 16);
		}
		break;
	default:
		break;
	}
	for (u32 i = 0; i < t->nfields; i++)
		require(*t->fields[i].name && t->fields[i].type && t->fields[i].off <= t->size &&
			t->fields[i].type->size <= t->size - t->fields[i].off);
}

struct state {
	struct sd_go *go;
	u64 last;
};

static bool on_type(void *ctx, struct sd_vaddr addr)
{
	struct state *s = ctx;
	struct sd_arena arena = {0};
	struct sd_type *t = sd_go_rtype_type(s->go, addr);
	const char *name = sd_go_type_name(s->go, addr, &arena);

	require(addr.v > s->last && name);
	s->last = addr.v;
	/* The scan does not ask for a kind's size. */
	if (t) {
		require(!strcmp(name, t->name) && t->id == addr.v &&
			t == sd_go_rtype_type(s->go, addr));
		check(t);
		sd_type_is_direct(t);
		check(sd_type_elem(t)->id ? sd_type_elem(t) : t);
	}
	sd_arena_deinit(&arena);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct file file;
	struct state s = {0};
	struct sd_elf *elf;
	size_t n;

	if (!size)
		return 0;
	n = SD_MIN(size - 1, sizeof(file.types));
	memset(&file, 0, sizeof(file));
	memcpy(file.eh.e_ident, ELFMAG "\2\1\1", 7);
	file.eh.e_type = ET_EXEC;
	file.eh.e_machine = EM_X86_64;
	file.eh.e_version = 1;
	file.eh.e_ehsize = sizeof(file.eh);
	file.eh.e_phoff = sizeof(file.eh);
	file.eh.e_phentsize = sizeof(file.ph);
	file.eh.e_phnum = 1;
	file.ph = (Elf64_Phdr){.p_type = PT_LOAD,
			       .p_flags = PF_R | PF_X,
			       .p_vaddr = TYPES - 4096,
			       .p_filesz = 4096 + n,
			       .p_memsz = 4096 + n,
			       .p_align = 4096};
	memcpy(file.types, data + 1, n);
	require(!sd_elf_open_memory(&file, 4096 + n, "fuzz", &elf));
	s.go = sd_xcalloc(1, sizeof(*s.go));
	s.go->elf = elf;
	s.go->minor = 15 + data[0] % 14;
	s.go->types = TYPES;
	s.go->type_bytes = (struct go_bytes){file.types, n};
	sd_go_each_rtype(s.go, on_type, &s);
	for (u64 off = 0; off < n; off += 8) {
		struct sd_type *t = sd_go_rtype_type(s.go, (struct sd_vaddr){TYPES + off});

		if (t)
			check(t);
	}
	sd_go_close(s.go);
	sd_elf_close(elf);
	return 0;
}
