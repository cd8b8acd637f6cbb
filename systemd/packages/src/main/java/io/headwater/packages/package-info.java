/**
 * Makes the Debian packages and the tarball, from what the other modules have built.
 *
 * <p>{@link io.headwater.packages.PackagesMain} has a recipe per package. Each stages a folder that
 * looks as the file system will after the installation; {@link io.headwater.packages.DebFile} packs
 * it. What commands there are, and how their JVM is started, is read from the checkout's launcher
 * ({@link io.headwater.packages.LauncherTable}), so that it is said once. Jars lose the native code
 * of machines that a package is not for ({@link io.headwater.packages.Natives}). Man pages and what
 * the shell completes come from the commands' own help ({@link io.headwater.packages.ManPages}).
 *
 * <p>Two builds of one commit on one JDK give the same bytes: entries are sorted, their times are
 * the project's, their owner is root.
 */
@NullMarked
package io.headwater.packages;

import org.jspecify.annotations.NullMarked;
