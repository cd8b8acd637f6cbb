package io.headwater.hub;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page in Prometheus' text format.
 *
 * @param types by family, as in {@code # TYPE}
 * @param helps by family, as in {@code # HELP}
 */
public record Scrape(Map<String, String> types, Map<String, String> helps, List<Sample> samples) {
  private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z0-9_:]+)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z0-9_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  public record Sample(String name, Map<String, String> labels, double value) {}

  public static Scrape of(HttpClient client, String address, String path)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://" + address + path)).build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException("status " + response.statusCode());
    }
    return parse(response.body());
  }

  static Scrape parse(String text) {
    var types = new TreeMap<String, String>();
    var helps = new TreeMap<String, String>();
    var samples = new ArrayList<Sample>();
    for (String line : text.lines().toList()) {
      String[] words = line.split(" ", 4);
      if (line.startsWith("# TYPE ")) {
        types.put(words[2], words[3]);
      } else if (line.startsWith("# HELP ")) {
        helps.put(words[2], words.length > 3 ? words[3] : "");
      } else if (!line.isBlank()) {
        samples.add(sample(line));
      }
    }
    return new Scrape(types, helps, samples);
  }

  private static Sample sample(String line) {
    Matcher matcher = SAMPLE.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a sample: " + line);
    }
    var labels = new TreeMap<String, String>();
    if (matcher.group(2) != null) {
      Matcher label = LABEL.matcher(matcher.group(2));
      while (label.find()) {
        labels.put(label.group(1), label.group(2));
      }
    }
    String value = matcher.group(3);
    return new Sample(
        matcher.group(1), labels, Double.parseDouble(value.replace("+Inf", "Infinity")));
  }

  /** The family that a sample belongs to: its name without what its type adds. */
  public String family(Sample sample) {
    String name = sample.name();
    for (String suffix : List.of("_bucket", "_sum", "_count")) {
      String family =
          name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
      if (!types.containsKey(name) && types.containsKey(family)) {
        return family;
      }
    }
    return name;
  }

  /** All samples of a name with at least these labels, given as name, value, name, value. */
  public List<Sample> all(String name, String... labels) {
    Map<String, String> wanted = new HashMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      wanted.put(labels[i], labels[i + 1]);
    }
    return samples.stream()
        .filter(sample ->
            sample.name().equals(name) && sample.labels().entrySet().containsAll(wanted.entrySet()))
        .toList();
  }

  /** The only sample of that name and these labels. */
  public double one(String name, String... labels) {
    List<Sample> found = all(name, labels);
    if (found.size() != 1) {
      throw new AssertionError(
          name + Arrays.toString(labels) + " is there " + found.size() + " times");
    }
    return found.getFirst().value();
  }

  public double sum(String name, String... labels) {
    return all(name, labels).stream().mapToDouble(Sample::value).sum();
  }
}
