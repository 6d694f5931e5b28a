package io.colubrid.runtime.experiment;

import com.typesafe.config.ConfigObject;
import io.colubrid.spi.config.Positive;

/**
 * The {@code compare} section of a file.
 *
 * @param title of the report
 * @param models by name, what each changes of the file's {@code model}
 * @param seeds trainings of each model, with the seeds {@code train.seed}, one more, and so on
 * @param promptTokens tokens read before generation is timed
 * @param generateTokens tokens generated for the time
 * @param stateTokens length at which the size of the states is told
 */
public record CompareConfig(
    String title,
    ConfigObject models,
    @Positive int seeds,
    @Positive int promptTokens,
    @Positive int generateTokens,
    @Positive int stateTokens) {}
