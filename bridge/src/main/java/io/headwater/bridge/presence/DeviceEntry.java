package io.headwater.bridge.presence;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * The value of {@code device/<gateway>/<client>}: what its agent reported last.
 *
 * @param lastSeen in ms since 1970, by the gateway's clock
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record DeviceEntry(boolean online, long lastSeen, String gateway, String client) {}
