package io.colubrid.runtime.model;

import com.typesafe.config.ConfigObject;

/**
 * A block at a place of a model, not read yet.
 *
 * @param name its name in the file; empty for one written in place
 * @param path where its object stands, for messages
 * @param object with mixer and channel
 */
record BlockSource(String name, String path, ConfigObject object) {}
