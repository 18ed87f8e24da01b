// void weft_enter(EntryState* state): runs threaded code from C++ until it exits or faults.
//
// In assembly because preserve_none code keeps nothing for its caller, not even a frame base that a C++ caller may have
// in rbx, and because a fault in guest memory has to land somewhere: the signal handler sets the stack pointer to what is
// saved in the EntryState and the instruction pointer to weft_trap_landing. Offsets are those of EntryState in abi.h.

#if defined(__x86_64__)

#if defined(__APPLE__)
#define SYMBOL(name) _##name
#define FUNCTION(name) .private_extern _##name; .globl _##name
#define END(name)
#else
#define SYMBOL(name) name
#define FUNCTION(name) .hidden name; .globl name; .type name, @function
#define END(name) .size name, .-name
#endif

        .text
        .p2align 4
        FUNCTION(weft_enter)
        FUNCTION(weft_trap_landing)
SYMBOL(weft_enter):
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        subq    $8, %rsp                // calls are made with the stack at a multiple of 16
        .cfi_adjust_cfa_offset 8
        movq    %rsp, 64(%rdi)

#if WEFT_DISPATCH_LOOP
        callq   SYMBOL(weft_run_loop)
#else
        movq    0(%rdi), %r12           // context
        movq    8(%rdi), %r13           // records
        movq    16(%rdi), %r14          // memory base
        movq    24(%rdi), %r15          // cell
        movq    40(%rdi), %rsi          // accumulators
        movsd   48(%rdi), %xmm0
        movss   56(%rdi), %xmm1
        movups  80(%rdi), %xmm2
        movq    32(%rdi), %rdi          // frame
        callq   *(%r15)
#endif

SYMBOL(weft_trap_landing):
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        retq
        .cfi_endproc
        END(weft_enter)

#endif

#if defined(__ELF__)
        .section .note.GNU-stack, "", @progbits
#endif
