/** Tests of what is told of clusters, in words. */
@NullMarked
package io.headwater.hub.status;

import org.jspecify.annotations.NullMarked;
