package io.headwater.hub.zookeeper;

import io.headwater.process.UserError;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that is one member of an ensemble. Arguments: folder, own id, then {@code id=member} of
 * all. Prints {@code opened}, {@code ready} once it serves, and {@code leads} or {@code follows}
 * each time that changes.
 */
final class EnsembleMember {
  private EnsembleMember() {}

  public static void main(String[] args) throws InterruptedException {
    var members = new TreeMap<Integer, Ensemble.Member>();
    for (int i = 2; i < args.length; i++) {
      String[] member = args[i].split("=", 2);
      members.put(Integer.valueOf(member[0]), Ensemble.Member.parse(member[1]));
    }
    try (var zookeeper =
        EmbeddedZooKeeper.open(
            Path.of(args[0]), new Ensemble(Integer.parseInt(args[1]), members))) {
      System.out.println("opened");
      zookeeper.awaitServing();
      boolean leads = zookeeper.leads();
      System.out.println(leads ? "leads" : "follows");
      System.out.println("ready zookeeper");
      while (true) {
        try {
          zookeeper.failed().get(10, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
          if (leads != zookeeper.leads()) {
            leads = !leads;
            System.out.println(leads ? "leads" : "follows");
          }
        }
      }
    } catch (UserError e) {
      System.out.println("refused " + e.getMessage());
      System.exit(e.exitCode());
    } catch (ExecutionException e) {
      System.out.println("failed " + e.getCause());
      System.exit(1);
    }
  }
}
