package io.headwater.bridge.broker;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Who may connect to the embedded broker.
 *
 * @param siteSecret shared by the bridges of a site; without one only this process knows its own
 * @param gatewaysFile names and hashed passwords of gateways; without one a name is enough
 */
public record AccessSettings(Optional<String> siteSecret, Optional<Path> gatewaysFile) {}
