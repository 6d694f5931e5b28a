package io.colubrid.runtime.bench;

/**
 * What a device can do at best; the floors of what is measured are worked out from it.
 *
 * @param gigaflops floating-point operations, in 10⁹ a second
 * @param gigabytes bytes to and from memory, in 10⁹ a second
 * @param gigaexponentials exponentials, in 10⁹ a second; 0 where they are not counted
 * @param text how they were found, for people
 */
public record Ceilings(double gigaflops, double gigabytes, double gigaexponentials, String text) {}
