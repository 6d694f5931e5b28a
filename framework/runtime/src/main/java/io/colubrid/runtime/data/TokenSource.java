package io.colubrid.runtime.data;

/**
 * Documents that were opened.
 *
 * @param documents all of them
 * @param variation how training sees them
 * @param fingerprint changes if they do
 * @param closing gives back what they take
 */
public record TokenSource(
    Documents documents, Variation variation, long fingerprint, Runnable closing) {}
