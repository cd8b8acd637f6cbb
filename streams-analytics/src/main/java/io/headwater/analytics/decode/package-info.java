/**
 * From a payload's bytes to a tree in which paths and expressions find values.
 *
 * <p>All formats become JSON's model, so the rest of a query does not care: a CSV line is an object
 * of its columns, a bare number is a number. What cannot be read is an {@link
 * io.headwater.analytics.decode.Undecodable} with a reason to count and a cause to tell.
 */
@NullMarked
package io.headwater.analytics.decode;

import org.jspecify.annotations.NullMarked;
