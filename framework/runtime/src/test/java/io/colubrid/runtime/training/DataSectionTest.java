package io.colubrid.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.config.Defaults;
import io.colubrid.runtime.config.DefaultsCheck;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.RecordKey;
import io.colubrid.runtime.data.DataSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DataSectionTest {
  @ParameterizedTest
  @EnumSource
  void everySourceHasARecordAndADefaultForEachKey(DataSource source) {
    Problems problems = new Problems();

    assertThat(DataSection.records()).containsKey(source);
    new DefaultsCheck(problems)
        .check(
            DataSection.records().get(source),
            Defaults.data(RecordKey.constant(source)),
            RecordKey.constant(source));

    assertThat(problems.list()).isEmpty();
  }
}
