/*
 * Start-up code for a Cortex-M under QEMU: sets up memory, runs main, says how much stack main took, and ends the
 * machine with what main returned. It needs the symbols of sections.ld and no C library.
 *
 * Output and exit go through Arm's semihosting (Arm document "Semihosting for AArch32 and AArch64"): a breakpoint that
 * the debugger, here QEMU, answers. On a board without a debugger, replace `semihosting` and keep the rest.
 */
#include <stdint.h>

extern uint32_t data_start[], data_end[], bss_start[], bss_end[], stack_limit[], stack_top[];
extern const uint32_t data_image[];

int main(void);
void reset(void);

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static void semihosting(uint32_t operation, const void *parameter) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = parameter;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void stop(uint32_t status) {
  const uint32_t parameter[2] = {APPLICATION_EXIT, status};
  semihosting(SYS_EXIT_EXTENDED, parameter);
  for (;;) {
  }
}

/* Prints "stack: N". */
static void report_stack(uint32_t bytes) {
  char text[] = "stack: 0000000000\n";
  char *digit = text + sizeof text - 2;
  for (; bytes > 0; bytes /= 10) {
    *--digit = (char)('0' + bytes % 10);
  }
  semihosting(SYS_WRITE0, text);
}

static void fault(void) {
  semihosting(SYS_WRITE0, "fault\n");
  stop(255);
}

/* The first words of memory: where the stack starts, what runs at reset, and what on an exception. */
static const struct {
  const void *stack;
  void (*handlers[15])(void);
} vectors __attribute__((section(".vectors"), used)) = {
    stack_top,
    {reset, fault, fault, fault, fault, fault},
};

static const uint32_t paint = 0xa5a5a5a5;

void reset(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  *(volatile uint32_t *)0xe000ed88 |= UINT32_C(0xf) << 20; /* CPACR: the floating-point and vector unit is on. */
  __asm__ volatile("dsb\n\tisb");
#endif
  const uint32_t *from = data_image;
  for (uint32_t *to = data_start; to < data_end; ++to) {
    *to = *from++;
  }
  for (uint32_t *to = bss_start; to < bss_end; ++to) {
    *to = 0;
  }
  /* The stack below this function is painted; what main leaves unpainted is what it used. */
  uint32_t *const here = (uint32_t *)__builtin_frame_address(0) - 32;
  for (uint32_t *word = stack_limit; word < here; ++word) {
    *(volatile uint32_t *)word = paint;
  }
  const int status = main();
  const uint32_t *deepest = stack_limit;
  while (*(const volatile uint32_t *)deepest == paint) {
    ++deepest;
  }
  report_stack((uint32_t)((const char *)stack_top - (const char *)deepest));
  stop((uint32_t)status);
}
