package io.headwater.edge.access;

import io.headwater.edge.access.AccessSettings.Anonymous;
import io.headwater.process.PasswordFile;
import io.headwater.process.UserError;
import java.util.Optional;

/**
 * What is in force: the settings, their files read. Immutable.
 *
 * @param passwords of users; empty if names are not looked at
 * @param list what users may do; empty if everything
 */
public record AccessPolicy(
    Optional<PasswordFile> passwords,
    Optional<AccessList> list,
    Anonymous anonymous,
    CertificateName certificateName) {
  /**
   * Reads the files.
   *
   * @throws UserError that names the file and the line
   */
  public static AccessPolicy read(AccessSettings settings) {
    return new AccessPolicy(
        settings
            .passwordFile()
            .map(file ->
                PasswordFile.read(
                    "access.password-file", file, AccessPolicy::isUser, "headwater edge password")),
        settings.aclFile().map(AccessList::read),
        settings.allowAnonymous(),
        settings.certificateName());
  }

  /** Whether a user may be called so: 1 to 255 characters, none of them ':' or a control. */
  public static boolean isUser(String name) {
    return !name.isBlank()
        && name.length() <= 255
        && !name.startsWith("#")
        && name.indexOf(':') < 0
        && name.chars().noneMatch(Character::isISOControl);
  }
}
