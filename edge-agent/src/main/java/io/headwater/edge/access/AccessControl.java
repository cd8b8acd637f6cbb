package io.headwater.edge.access;

import io.headwater.edge.mqtt.Admission;
import io.headwater.edge.mqtt.Rights;
import io.headwater.process.PasswordFile;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Answers for each CONNECT by the policy in force. Thread-safe.
 *
 * <ol>
 *   <li>A certificate speaks for its owner, whatever the CONNECT says.
 *   <li>A user name needs the password that the file has for it; without a file it says nothing.
 *   <li>Whoever has proved no name is let in where that is allowed.
 * </ol>
 */
public final class AccessControl implements Admission {
  private static final Duration REMEMBERED = Duration.ofMinutes(5);

  private final Executor workers;
  private final PasswordMemory memory;
  private volatile AccessPolicy policy;

  /**
   * @param workers for slow hashes; one that is full throws {@link RejectedExecutionException}
   */
  public AccessControl(AccessPolicy policy, Executor workers) {
    this(policy, workers, System::nanoTime);
  }

  AccessControl(AccessPolicy policy, Executor workers, LongSupplier clock) {
    this.policy = policy;
    this.workers = workers;
    this.memory = new PasswordMemory(REMEMBERED, clock);
  }

  /** Puts another policy in force, also for who is connected. */
  public void policy(AccessPolicy newPolicy) {
    policy = newPolicy;
  }

  AccessPolicy policy() {
    return policy;
  }

  @Override
  public CompletionStage<Verdict> check(Login login) {
    AccessPolicy now = policy;
    X509Certificate certificate = login.certificate();
    if (certificate != null) {
      return CompletableFuture.completedFuture(
          now.certificateName()
              .of(certificate)
              .map(name -> admit(name, login, _ -> true))
              .orElseGet(() ->
                  new Refused(
                      Reason.NOT_AUTHORIZED,
                      "the certificate has no name of the kind " + now.certificateName())));
    }
    String user = login.user();
    if (user != null && now.passwords().isPresent()) {
      byte[] password = login.password() == null ? new byte[0] : login.password();
      return checkPassword(now.passwords().get(), login, user, password);
    }
    boolean onLoopback = login.onLoopback();
    return CompletableFuture.completedFuture(
        now.anonymous().allows(onLoopback)
            ? admit("", login, policyThen -> policyThen.anonymous().allows(onLoopback))
            : new Refused(Reason.NOT_AUTHORIZED, "a user name and a password are needed"));
  }

  private CompletionStage<Verdict> checkPassword(
      PasswordFile passwords, Login login, String user, byte[] password) {
    Optional<String> token =
        passwords.hash(user).map(stored -> memory.token(user, stored, password));
    if (token.isPresent() && memory.knows(token.get())) {
      return CompletableFuture.completedFuture(admitUser(user, login));
    }
    var verdict = new CompletableFuture<Verdict>();
    try {
      workers.execute(() -> {
        try {
          if (passwords.matches(user, password)) {
            token.ifPresent(memory::remember);
            verdict.complete(admitUser(user, login));
          } else {
            verdict.complete(new Refused(Reason.BAD_CREDENTIALS, "user name or password is wrong"));
          }
        } catch (RuntimeException e) {
          verdict.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException _) {
      verdict.complete(
          new Refused(Reason.BUSY, "too many logins are being checked; try again later"));
    }
    return verdict;
  }

  private Verdict admitUser(String user, Login login) {
    return admit(
        user,
        login,
        policyThen -> policyThen.passwords().flatMap(file -> file.hash(user)).isPresent());
  }

  private Verdict admit(String user, Login login, Predicate<AccessPolicy> stillKnown) {
    return new Admitted(new ClientRights(this, user, login.clientId(), stillKnown));
  }

  /** The rights of one client, which follow the policy. */
  private static final class ClientRights implements Rights {
    private static final ClientAccess NONE = new ClientAccess(List.of(), List.of());

    /** What the rights are under one policy. */
    private record Compiled(AccessPolicy policy, Optional<ClientAccess> access) {}

    private final AccessControl control;
    private final String user;
    private final String clientId;
    private final Predicate<AccessPolicy> stillKnown;
    private volatile Compiled compiled;

    ClientRights(
        AccessControl control, String user, String clientId, Predicate<AccessPolicy> stillKnown) {
      this.control = control;
      this.user = user;
      this.clientId = clientId;
      this.stillKnown = stillKnown;
      this.compiled = compile(control.policy());
    }

    /** A user who is no longer in the files may nothing any more. */
    private Compiled compile(AccessPolicy policy) {
      return new Compiled(
          policy,
          stillKnown.test(policy)
              ? policy.list().map(list -> list.of(user, clientId))
              : Optional.of(NONE));
    }

    /** Empty if everything is allowed. */
    @SuppressWarnings("ReferenceEquality") // each reload makes another one
    private Optional<ClientAccess> access() {
      AccessPolicy inForce = control.policy();
      Compiled now = compiled;
      if (now.policy() != inForce) {
        now = compile(inForce);
        compiled = now;
      }
      return now.access();
    }

    @Override
    public String identity() {
      return user;
    }

    @Override
    public boolean mayPublish(String topic) {
      return access().map(access -> access.mayPublish(topic)).orElse(true);
    }

    @Override
    public boolean maySubscribe(String filter) {
      return access().map(access -> access.maySubscribe(filter)).orElse(true);
    }

    @Override
    public boolean mayReceive(String topic) {
      return access().map(access -> access.mayReceive(topic)).orElse(true);
    }
  }
}
