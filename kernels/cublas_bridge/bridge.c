// libcublas.so.12 for machines that have only libcublas.so.13: every function jumps to the one of
// the same name in the library that the process has loaded already.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

extern const char* const colubrid_bridge_names[];
extern void* colubrid_bridge_targets[];

// CUBLAS_STATUS_NOT_SUPPORTED, the answer of what the newer library no longer has.
static int absent(void) { return 15; }

__attribute__((constructor)) static void resolve(void) {
  void* cublas = dlopen("libcublas.so.13", RTLD_NOW | RTLD_NOLOAD);
  for (size_t i = 0; colubrid_bridge_names[i] != NULL; i++) {
    void* target = cublas == NULL ? NULL : dlsym(cublas, colubrid_bridge_names[i]);
    colubrid_bridge_targets[i] = target == NULL ? (void*)absent : target;
  }
}
