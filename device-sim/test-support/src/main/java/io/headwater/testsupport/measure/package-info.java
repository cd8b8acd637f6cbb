/** What benchmarks print: the figures of each round, and their middle with its spread. */
@NullMarked
package io.headwater.testsupport.measure;

import org.jspecify.annotations.NullMarked;
