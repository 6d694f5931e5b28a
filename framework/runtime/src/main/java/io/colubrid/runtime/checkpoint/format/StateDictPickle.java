package io.colubrid.runtime.checkpoint.format;

import static io.colubrid.runtime.checkpoint.format.ElementConversion.I16;
import static io.colubrid.runtime.checkpoint.format.ElementConversion.I32;
import static io.colubrid.runtime.checkpoint.format.ElementConversion.I64;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs the pickle of a state dict: the instructions of protocols 2 to 4 that make dictionaries,
 * lists, tuples, numbers and texts, and tensors out of the few {@link PickledClass}es.
 *
 * @see <a href="https://docs.python.org/3/library/pickletools.html">pickletools</a>
 */
final class StateDictPickle {
  private static final Object MARK = new Object();
  private static final int NEWEST_PROTOCOL = 5;
  private static final int LONGEST_NAME = 1000;
  private static final int STOP = '.';
  private static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

  /** A tuple, which other than a list never changes. */
  private record Tuple(List<Object> items) {}

  /** Python's None. */
  private enum None {
    NONE
  }

  private final MemorySegment pickle;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private long at;

  private StateDictPickle(MemorySegment pickle) {
    this.pickle = pickle;
  }

  /**
   * @return the value of the pickle, which should be a dictionary: texts, {@link Long}s, {@link
   *     Double}s, {@link Boolean}s, {@link List}s, {@link Map}s and {@link PickledTensor}s
   */
  static Object read(MemorySegment pickle) throws PickleException {
    StateDictPickle machine = new StateDictPickle(pickle);
    try {
      return machine.run();
    } catch (IndexOutOfBoundsException e) {
      throw new PickleException("it is cut off at byte " + machine.at);
    }
  }

  private Object run() throws PickleException {
    int code = next();
    while (code != STOP) {
      step(code);
      code = next();
    }
    return pop();
  }

  private int next() {
    return pickle.get(I8, at++) & 0xFF;
  }

  private void step(int code) throws PickleException {
    if (!makesPlainValue(code) && !makesText(code) && !usesMemo(code) && !fills(code)) {
      makeOther(code);
    }
  }

  private boolean makesPlainValue(int code) throws PickleException {
    switch (code) {
      case 'N' -> stack.add(None.NONE);
      case 0x88 -> stack.add(true);
      case 0x89 -> stack.add(false);
      case 'J' -> stack.add((long) pickle.get(I32, skip(4)));
      case 'K' -> stack.add((long) next());
      case 'M' -> stack.add((long) (pickle.get(I16, skip(2)) & 0xFFFF));
      case 0x8a -> stack.add(longNumber(next()));
      case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(pickle.get(I64, skip(8)))));
      case ')' -> stack.add(new Tuple(List.of()));
      case ']' -> stack.add(new ArrayList<>());
      case '}' -> stack.add(new LinkedHashMap<>());
      case '(' -> stack.add(MARK);
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean makesText(int code) throws PickleException {
    switch (code) {
      case 'X' -> stack.add(text(pickle.get(I32, skip(4)) & 0xFFFF_FFFFL));
      case 0x8c -> stack.add(text(next()));
      case 'c' -> stack.add(global(line(), line()));
      case 0x93 -> {
        String name = pop(String.class, "a name");
        stack.add(global(pop(String.class, "a module"), name));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean usesMemo(int code) throws PickleException {
    switch (code) {
      case 'q' -> memo.put((long) next(), top());
      case 'r' -> memo.put(pickle.get(I32, skip(4)) & 0xFFFF_FFFFL, top());
      case 0x94 -> memo.put((long) memo.size(), top());
      case 'h' -> stack.add(remembered(next()));
      case 'j' -> stack.add(remembered(pickle.get(I32, skip(4)) & 0xFFFF_FFFFL));
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean fills(int code) throws PickleException {
    switch (code) {
      case 's' -> {
        Object value = pop();
        Object key = pop();
        put(dictionary(), Arrays.asList(key, value));
      }
      case 'u' -> {
        List<Object> items = popToMark();
        put(dictionary(), items);
      }
      case 'a' -> {
        Object item = pop();
        list().add(item);
      }
      case 'e' -> {
        List<Object> items = popToMark();
        list().addAll(items);
      }
      case 't' -> stack.add(new Tuple(popToMark()));
      case 0x85, 0x86, 0x87 -> stack.add(new Tuple(pop(code - 0x84)));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void makeOther(int code) throws PickleException {
    switch (code) {
      case 0x80 -> requireProtocol(next());
      // How long the next part is: we have it all.
      case 0x95 -> skip(8);
      case 'Q' -> stack.add(storage(pop(Tuple.class, "the tuple of a storage").items));
      case 'R' -> {
        List<Object> arguments = pop(Tuple.class, "a tuple of arguments").items;
        stack.add(make(pop(PickledClass.class, "a class"), arguments));
      }
      // Attributes, such as the versions that a state dict carries: nothing of ours has any.
      case 'b' -> {
        pop();
        if (!(top() instanceof Map)) {
          throw new PickleException("it sets attributes of " + kind(top()));
        }
      }
      default ->
          throw new PickleException(
              "the instruction 0x%02x at byte %d has no place in a state dict"
                  .formatted(code, at - 1));
    }
  }

  private static void requireProtocol(int protocol) throws PickleException {
    if (protocol > NEWEST_PROTOCOL) {
      throw new PickleException(
          "it is of protocol %d, expected at most %d".formatted(protocol, NEWEST_PROTOCOL));
    }
  }

  /** Moves past some bytes and returns where they begin. */
  private long skip(long bytes) {
    long from = at;
    at += bytes;
    return from;
  }

  private long longNumber(int bytes) throws PickleException {
    if (bytes > Long.BYTES) {
      throw new PickleException("a number of %d bytes is too large".formatted(bytes));
    }
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      number |= (long) next() << (8 * i);
    }
    int unused = 64 - 8 * bytes;
    return bytes == 0 ? 0 : number << unused >> unused;
  }

  private String text(long bytes) {
    byte[] text = pickle.asSlice(at, bytes).toArray(I8);
    at += bytes;
    return new String(text, StandardCharsets.UTF_8);
  }

  private String line() throws PickleException {
    long from = at;
    while (next() != '\n') {
      if (at - from > LONGEST_NAME) {
        throw new PickleException("a name is longer than %d bytes".formatted(LONGEST_NAME));
      }
    }
    byte[] line = pickle.asSlice(from, at - 1 - from).toArray(I8);
    return new String(line, StandardCharsets.UTF_8);
  }

  private static PickledClass global(String module, String name) throws PickleException {
    String whole = module + "." + name;
    return PickledClass.named(whole)
        .orElseThrow(
            () ->
                new PickleException(
                    "it asks for %s, which no state dict needs; refused, since it could run anything"
                        .formatted(whole)));
  }

  private Object remembered(long index) throws PickleException {
    Object value = memo.get(index);
    if (value == null) {
      throw new PickleException("it recalls a value %d that it never kept".formatted(index));
    }
    return value;
  }

  private Object top() throws PickleException {
    if (stack.isEmpty() || stack.getLast() == MARK) {
      throw new PickleException("it takes a value that it never made, at byte " + at);
    }
    return stack.getLast();
  }

  private Object pop() throws PickleException {
    Object top = top();
    stack.removeLast();
    return top;
  }

  private <T> T pop(Class<T> type, String expected) throws PickleException {
    return as(pop(), type, expected);
  }

  private static <T> T as(@Nullable Object value, Class<T> type, String expected)
      throws PickleException {
    if (!type.isInstance(value)) {
      throw new PickleException("expected %s, found %s".formatted(expected, kind(value)));
    }
    return type.cast(value);
  }

  private List<Object> pop(int count) throws PickleException {
    List<Object> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.addFirst(pop());
    }
    return items;
  }

  private List<Object> popToMark() throws PickleException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw new PickleException("it ends a group that it never began, at byte " + at);
    }
    List<Object> group = stack.subList(mark, stack.size());
    List<Object> items = new ArrayList<>(group.subList(1, group.size()));
    group.clear();
    return items;
  }

  @SuppressWarnings("unchecked")
  private Map<Object, Object> dictionary() throws PickleException {
    return as(top(), Map.class, "a dictionary");
  }

  @SuppressWarnings("unchecked")
  private List<Object> list() throws PickleException {
    return as(top(), List.class, "a list");
  }

  /** Only plain keys: what contains itself has no hash. */
  private static void put(Map<Object, Object> dictionary, List<Object> pairs)
      throws PickleException {
    if (pairs.size() % 2 != 0) {
      throw new PickleException("a dictionary has a key without a value");
    }
    for (int i = 0; i < pairs.size(); i += 2) {
      Object key = pairs.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw new PickleException("a dictionary has %s as a key".formatted(kind(key)));
      }
      dictionary.put(key, pairs.get(i + 1));
    }
  }

  private static PickledTensor.Storage storage(List<Object> reference) throws PickleException {
    if (reference.size() != 5 || !"storage".equals(reference.getFirst())) {
      throw new PickleException("it refers to something outside that is no storage");
    }
    PickledClass type = as(reference.get(1), PickledClass.class, "a class of storages");
    if (type.element() == null) {
      throw new PickleException(type.name() + " is no class of storages");
    }
    String key = as(reference.get(2), String.class, "the name of a storage");
    long elements = as(reference.get(4), Long.class, "a number of elements");
    if (elements < 0) {
      throw new PickleException("the storage %s has %d elements".formatted(key, elements));
    }
    return new PickledTensor.Storage(type.element(), key, elements);
  }

  private static Object make(PickledClass type, List<Object> arguments) throws PickleException {
    if (type.makesDictionary() && arguments.isEmpty()) {
      return new LinkedHashMap<>();
    }
    if (type.makesTensor() && arguments.size() >= 4) {
      return tensor(arguments);
    }
    if (type.makesParameter() && !arguments.isEmpty()) {
      return as(arguments.getFirst(), PickledTensor.class, "the tensor of a parameter");
    }
    throw new PickleException(
        "%s with %d arguments is unknown".formatted(type.name(), arguments.size()));
  }

  private static PickledTensor tensor(List<Object> arguments) throws PickleException {
    PickledTensor.Storage storage = as(arguments.get(0), PickledTensor.Storage.class, "a storage");
    long offset = as(arguments.get(1), Long.class, "an offset");
    List<Long> shape = naturals(arguments.get(2), "a shape");
    List<Long> strides = naturals(arguments.get(3), "strides");
    if (offset < 0 || shape.size() != strides.size()) {
      throw new PickleException(
          "a tensor of shape %s has strides %s and offset %d".formatted(shape, strides, offset));
    }
    return new PickledTensor(storage, offset, shape, strides);
  }

  private static List<Long> naturals(Object tuple, String what) throws PickleException {
    List<Long> numbers = new ArrayList<>();
    for (Object item : as(tuple, Tuple.class, what).items) {
      long number = as(item, Long.class, what + " of whole numbers");
      if (number < 0) {
        throw new PickleException("%s has a negative number, %d".formatted(what, number));
      }
      numbers.add(number);
    }
    return List.copyOf(numbers);
  }

  /** In words, without its contents: a value can contain itself. */
  static String kind(@Nullable Object value) {
    return switch (value) {
      case null -> "nothing";
      case String text -> "the text '" + text.substring(0, Math.min(40, text.length())) + "'";
      case Long number -> "the number " + number;
      case Double number -> "the number " + number;
      case Boolean flag -> flag ? "True" : "False";
      case None none -> "None";
      case Tuple tuple -> "a tuple";
      case List<?> list -> "a list";
      case Map<?, ?> map -> "a dictionary";
      case PickledTensor tensor -> "a tensor";
      case PickledTensor.Storage storage -> "a storage";
      case PickledClass type -> "the class " + type.name();
      default -> "something else";
    };
  }
}
