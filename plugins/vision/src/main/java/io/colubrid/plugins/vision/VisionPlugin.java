package io.colubrid.plugins.vision;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the ends of image models, and the layers of Vim and VMamba. */
@BuiltFor(Spi.VERSION)
public final class VisionPlugin extends LayerPlugin {
  @Override
  protected void configure() {
    stem("patch-embedding")
        .config(PatchEmbeddingConfig.class)
        .factory(PatchEmbeddingStemFactory.class);
    stem("conv-stem").config(ConvStemConfig.class).factory(ConvStemFactory.class);
    head("classifier-head").config(ClassifierConfig.class).factory(ClassifierHeadFactory.class);
    layer("vim").config(VimConfig.class).factory(VimLayerFactory.class);
    layer("ss2d").config(Ss2dConfig.class).factory(Ss2dLayerFactory.class);
    layer("downsample").config(DownsampleConfig.class).factory(DownsampleLayerFactory.class);
  }
}
