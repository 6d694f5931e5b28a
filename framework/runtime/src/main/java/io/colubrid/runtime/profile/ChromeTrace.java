package io.colubrid.runtime.profile;

import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** The kernels of some steps as events for chrome://tracing or ui.perfetto.dev. */
public final class ChromeTrace {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final double NANOS = 1e3;

  private final NodeTimes micro;
  private final NodeTimes update;
  private final LayerNames names;

  ChromeTrace(NodeTimes micro, NodeTimes update, LayerNames names) {
    this.micro = micro;
    this.update = update;
    this.names = names;
  }

  /** Writes the trace; times are in microseconds from the first kernel on. */
  public void write(Path file) throws IOException {
    List<Map<String, Object>> events = new ArrayList<>();
    long origin = micro.start(0, 0);
    for (int run = 0; run < micro.runs(); run++) {
      add(events, micro, run, origin);
      add(events, update, run, origin);
    }
    Files.writeString(
        file, MAPPER.writeValueAsString(Map.of("traceEvents", events, "displayTimeUnit", "ms")));
  }

  private void add(List<Map<String, Object>> events, NodeTimes times, int run, long origin) {
    List<Node> nodes = times.program().nodes();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (!(node.operation() instanceof Operation.View)) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("name", node.operation().name());
        event.put("cat", names.of(node));
        event.put("ph", "X");
        event.put("ts", (times.start(run, i) - origin) / NANOS);
        event.put("dur", times.nanos(run, i) / NANOS);
        event.put("pid", 1);
        event.put("tid", 1);
        event.put("args", arguments(node, run));
        events.add(event);
      }
    }
  }

  private static Map<String, Object> arguments(Node node, int run) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("step", run);
    arguments.put("path", node.path());
    arguments.put("phase", node.phase().name().toLowerCase(Locale.ROOT));
    arguments.put("inputs", node.inputs().toString());
    arguments.put("outputs", node.outputs().toString());
    arguments.put("flops", FlopCount.of(node));
    arguments.put("bytes", NodeTraffic.of(node));
    return arguments;
  }
}
