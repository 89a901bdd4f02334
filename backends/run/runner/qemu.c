/* A plugin of QEMU's translator that counts the instructions of a firmware's sections, by kind, and watches how low its stack goes:
 *
 *     -plugin qemu.so,b0=ADDRESS,e0=ADDRESS,...,low=ADDRESS,high=ADDRESS,stop=ADDRESS,times=N
 *
 * bN and eN are where section N begins and ends; what is written between low and high is stack. It ends the emulator when stop has been
 * reached so many times; 0 stands for never. counts.txt is written. The declarations are those of version 1 of the plugins' interface,
 * which Debian ships no header of. */
#include <stdbool.h>
#include <string.h>

#include "counts.h"

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
typedef struct {
    const char *target_name;
    struct {
        int min, cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus, max_vcpus;
    } system;
} qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS = 0, QEMU_PLUGIN_MEM_W = 2 };

typedef void (*translated_t)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*executed_t)(unsigned, void *);
typedef void (*accessed_t)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void (*exiting_t)(qemu_plugin_id_t, void *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translated_t);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, executed_t, int, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, accessed_t, int, int, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, exiting_t, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
char *qemu_plugin_insn_disas(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = 1;

/* Kinds of instructions. REGISTERS are those that MULTIPLE ones move, TAKEN the branches that were. */
enum kind { OTHER, LOAD, STORE, MULTIPLE, REGISTERS, MULTIPLY, BRANCH, TAKEN, KINDS };

/* A block is a run of instructions with one way in, as the translator makes them. */
struct block {
    uint64_t begin, end, instructions, kinds[KINDS];
    bool branches;              /* its last instruction does */
    int begins, ends;           /* sections, -1 for none */
    bool stops;
};

static uint64_t begin_of[MAX_SECTIONS], end_of[MAX_SECTIONS], low, high, stop_at, stops;
static uint64_t instructions, kinds[KINDS];               /* so far */
static uint64_t began, kinds_began[KINDS];                /* when the section did */
static uint64_t kinds_of[MAX_SECTIONS][KINDS];            /* sums over the runs of each section */
static int current = -1;
static const struct block *last;
static unsigned idle; /* how often a single instruction has jumped to itself */

enum { MOST_IDLE = 1000, FAULTED = 3 };

/* The beginnings of the names of instructions, the first that fits. */
static const struct {
    const char *name;
    enum kind kind;
} names[] = {
    /* Arm */
    {"ldm", MULTIPLE}, {"stm", MULTIPLE}, {"push", MULTIPLE}, {"pop", MULTIPLE}, {"ldrd", MULTIPLE}, {"strd", MULTIPLE},
    {"ldr", LOAD}, {"str", STORE}, {"mul", MULTIPLY}, {"mla", MULTIPLY}, {"mls", MULTIPLY}, {"sml", MULTIPLY}, {"smul", MULTIPLY},
    {"smm", MULTIPLY}, {"smu", MULTIPLY}, {"uml", MULTIPLY}, {"umu", MULTIPLY}, {"bic", OTHER}, {"bfi", OTHER}, {"bfc", OTHER},
    {"bkpt", OTHER}, {"b", BRANCH}, {"cbz", BRANCH}, {"cbnz", BRANCH}, {"tb", BRANCH},
    /* RISC-V; those with two bytes begin with c. in some disassemblers */
    {"lui", OTHER}, {"li", OTHER}, {"la", OTHER}, {"lb", LOAD}, {"lh", LOAD}, {"lw", LOAD}, {"sb ", STORE}, {"sh ", STORE}, {"sw ", STORE}, {"swsp", STORE},
    {"j", BRANCH}, {"ret", BRANCH},
};

static enum kind kind_of(const char *text)
{
    const size_t code = strspn(text, "0123456789abcdef");
    if ((code == 4 || code == 8) && text[code] == ' ')
        text += code; /* RISC-V: the instruction as a number goes before its name */
    while (*text == ' ' || *text == '\t')
        text++;
    if (text[0] == 'c' && text[1] == '.')
        text += 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(text, names[i].name, strlen(names[i].name)) == 0)
            return names[i].kind;
    return OTHER;
}

/* registers_in counts those of "{r4, r5, r6-r8, lr}"; two where there are no braces, as in ldrd. */
static unsigned registers_in(const char *text)
{
    unsigned n = 1;
    const char *p = strchr(text, '{');
    if (p == NULL)
        return 2;
    for (; *p != '\0' && *p != '}'; p++)
        if (*p == ',')
            n++;
        else if (*p == '-') {
            unsigned from = 0, to = 0;
            const char *q = p;
            while (q > text && q[-1] >= '0' && q[-1] <= '9')
                q--;
            sscanf(q, "%u", &from);
            sscanf(p + 1, "%*[^0-9]%u", &to);
            n += to > from ? to - from : 0;
        }
    return n;
}

static void on_store(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *unused)
{
    (void)cpu, (void)info, (void)unused;
    if (address >= low && address < high)
        counts_stack(current, address);
}

static void write_counts(void)
{
    FILE *out = fopen("counts.txt", "w");
    if (out == NULL)
        return;
    counts_write(out);
    for (int i = 0; i < MAX_SECTIONS; i++)
        if (counts[i].distinct > 0) {
            fprintf(out, "kinds %d", i);
            for (int k = 0; k < KINDS; k++)
                fprintf(out, " %llu", (unsigned long long)kinds_of[i][k]);
            fprintf(out, "\n");
        }
    fclose(out);
}

static void on_exit_of_emulator(qemu_plugin_id_t id, void *unused)
{
    (void)id, (void)unused;
    write_counts();
}

static void on_block(unsigned cpu, void *data)
{
    const struct block *b = data;
    (void)cpu;
    if (b == last && b->instructions == 1 && ++idle == MOST_IDLE) {
        fprintf(stderr, "the firmware has faulted, or ended in a loop of nothing\n");
        _Exit(FAULTED);
    }
    if (b != last)
        idle = 0;
    if (last != NULL && last->branches && last->end != b->begin)
        kinds[TAKEN]++;
    last = b;
    if (b->begins >= 0) {
        current = b->begins;
        began = instructions;
        memcpy(kinds_began, kinds, sizeof kinds);
    } else if (b->ends >= 0) {
        counts_add(b->ends, instructions - began);
        for (int k = 0; k < KINDS; k++)
            kinds_of[b->ends][k] += kinds[k] - kinds_began[k];
        current = -1;
    }
    if (b->stops && stops > 0 && --stops == 0) {
        write_counts();
        _Exit(0);
    }
    instructions += b->instructions;
    for (int k = 0; k < KINDS; k++)
        kinds[k] += b->kinds[k];
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    struct block *b = calloc(1, sizeof *b); /* QEMU does not say when it is done with one */
    (void)id;
    if (b == NULL || n == 0)
        abort();
    b->instructions = n;
    b->begins = b->ends = -1;
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        char *text = qemu_plugin_insn_disas(insn);
        const enum kind kind = kind_of(text);
        b->kinds[kind]++;
        if (kind == MULTIPLE)
            b->kinds[REGISTERS] += registers_in(text);
        b->branches = kind == BRANCH || (kind == MULTIPLE && strstr(text, "pc}") != NULL);
        if (kind == MULTIPLE && b->branches)
            b->kinds[BRANCH]++; /* pop {..., pc} returns */
        b->end = qemu_plugin_insn_vaddr(insn) + qemu_plugin_insn_size(insn);
        if (kind == STORE || kind == MULTIPLE)
            qemu_plugin_register_vcpu_mem_cb(insn, on_store, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, NULL);
        free(text);
    }
    b->begin = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    b->stops = stop_at != 0 && b->begin == stop_at;
    for (int i = 0; i < MAX_SECTIONS; i++) {
        if (begin_of[i] != 0 && b->begin == begin_of[i])
            b->begins = i;
        if (end_of[i] != 0 && b->begin == end_of[i])
            b->ends = i;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, b);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        unsigned number;
        unsigned long long at;
        if (sscanf(argv[i], "b%u=%llu", &number, &at) == 2 && number < MAX_SECTIONS)
            begin_of[number] = at;
        else if (sscanf(argv[i], "e%u=%llu", &number, &at) == 2 && number < MAX_SECTIONS)
            end_of[number] = at;
        else if (sscanf(argv[i], "low=%llu", &at) == 1)
            low = at;
        else if (sscanf(argv[i], "high=%llu", &at) == 1)
            high = at;
        else if (sscanf(argv[i], "stop=%llu", &at) == 1)
            stop_at = at;
        else if (sscanf(argv[i], "times=%llu", &at) == 1)
            stops = at;
        else
            return 1;
    }
    counts_init();
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_emulator, NULL);
    return 0;
}
