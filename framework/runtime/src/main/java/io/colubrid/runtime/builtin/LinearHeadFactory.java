package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.HeadFactory;
import io.colubrid.spi.layer.Initializer;

/** Makes a {@link LinearHead}. */
final class LinearHeadFactory implements HeadFactory<LinearHeadConfig> {
  @Override
  public Head create(LinearHeadConfig config, BuildContext context) {
    FinalNorm norm = FinalNorm.create(config.norm(), context, config.epsilon());
    Linear projection =
        new Linear(
            context,
            "proj",
            context.input().width(),
            config.features(),
            config.bias(),
            Initializer.kaimingUniform());
    return new LinearHead(norm, projection);
  }
}
