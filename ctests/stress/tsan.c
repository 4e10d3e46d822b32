/* What gcc's runtime of ThreadSanitizer lacks for code of rustc. Compiled without instrumentation.
 *
 * The runtime ignores fences. The last owner of an Arc learns of the other owners' accesses by one:
 * `fetch_sub (1, Release) == 1`, then `fence (Acquire)`. To a runtime without fences, whatever the
 * last owner drops is a race with all others. A suppression would have to hide every race that a
 * free is part of; so the fence is modelled instead. It orders what the language says it does, that
 * is what was released to the counter that this thread has just brought to zero, and nothing else.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void __tsan_acquire (volatile void *address);
uint64_t __tsan_atomic64_fetch_add (volatile uint64_t *address, uint64_t value, int order);
uint64_t __tsan_atomic64_fetch_sub (volatile uint64_t *address, uint64_t value, int order);
void __tsan_atomic_thread_fence (int order);
void *__tsan_memcpy (void *to, const void *from, size_t size);
void *__tsan_memmove (void *to, const void *from, size_t size);
void *__tsan_memset (void *to, int byte, size_t size);

/* The counter that this thread has brought to zero without acquiring it yet. */
static _Thread_local volatile uint64_t *zeroed;

uint64_t __tsan_atomic64_fetch_sub (volatile uint64_t *address, uint64_t value, int order)
{
    uint64_t before = __tsan_atomic64_fetch_add (address, -value, order);
    zeroed = before == value && order == __ATOMIC_RELEASE ? address : NULL;
    return before;
}

void __tsan_atomic_thread_fence (int order)
{
    __atomic_thread_fence (__ATOMIC_SEQ_CST);
    if (zeroed && order == __ATOMIC_ACQUIRE)
        __tsan_acquire (zeroed);
    zeroed = NULL;
}

/* Names that rustc's instrumentation calls and older runtimes do not have; the functions called are
 * the runtime's, which check the memory. */
void *__tsan_memcpy (void *to, const void *from, size_t size)
{
    return memcpy (to, from, size);
}

void *__tsan_memmove (void *to, const void *from, size_t size)
{
    return memmove (to, from, size);
}

void *__tsan_memset (void *to, int byte, size_t size)
{
    return memset (to, byte, size);
}
