# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the keys of Quadlet units, written by tests/generate-docs."""

from __future__ import annotations


class ModuleDocFragment:
    """Keys, with the first release of Podman of those that came later."""

    DOCUMENTATION = r"""
options: {}
notes:
  - >-
    Keys of C([Container]): C(AddCapability), C(AddDevice), C(AddHost) (5.3), C(Annotation),
    C(AppArmor) (5.8), C(AutoUpdate), C(CgroupsMode) (5.3), C(ContainerName),
    C(ContainersConfModule) (4.8), C(DNS), C(DNSOption), C(DNSSearch), C(DropCapability),
    C(Entrypoint) (5.0), C(Environment), C(EnvironmentFile), C(EnvironmentHost), C(Exec),
    C(ExposeHostPort), C(GIDMap) (4.8), C(GlobalArgs) (4.8), C(Group), C(GroupAdd) (5.1),
    C(HealthCmd), C(HealthInterval), C(HealthLogDestination) (5.3), C(HealthMaxLogCount) (5.3),
    C(HealthMaxLogSize) (5.3), C(HealthOnFailure), C(HealthRetries), C(HealthStartPeriod),
    C(HealthStartupCmd), C(HealthStartupInterval), C(HealthStartupRetries),
    C(HealthStartupSuccess), C(HealthStartupTimeout), C(HealthTimeout), C(HostName),
    C(HttpProxy) (5.7), C(IP), C(IP6), C(Image), C(ImageVolume) (6.1), C(Label), C(LogDriver),
    C(LogOpt) (5.2), C(Mask), C(Memory) (5.5), C(Mount), C(Network), C(NetworkAlias) (5.2),
    C(NoNewPrivileges), C(Notify), C(PidsLimit), C(Pod) (5.0), C(PodmanArgs), C(PublishPort),
    C(Pull), C(ReadOnly), C(ReadOnlyTmpfs) (4.8), C(ReloadCmd) (5.5), C(ReloadSignal) (5.5),
    C(RemapGid), C(RemapUid), C(RemapUidSize), C(RemapUsers), C(Retry) (5.5), C(RetryDelay)
    (5.5), C(Rootfs), C(RunInit), C(SeccompProfile), C(Secret), C(SecurityLabelDisable),
    C(SecurityLabelFileType), C(SecurityLabelLevel), C(SecurityLabelNested),
    C(SecurityLabelType), C(ServiceName) (5.3), C(ShmSize), C(StartWithPod) (5.3), C(StopSignal)
    (5.2), C(StopTimeout) (5.0), C(SubGIDMap) (4.8), C(SubUIDMap) (4.8), C(Sysctl), C(Timezone),
    C(Tmpfs), C(UIDMap) (4.8), C(Ulimit), C(Unmask), C(User), C(UserNS), C(VolatileTmp),
    C(Volume), C(WorkingDir).
  - >-
    Keys of C([Pod]) (Podman 5.0): C(AddHost) (5.3), C(ContainersConfModule), C(DNS) (5.3),
    C(DNSOption) (5.3), C(DNSSearch) (5.3), C(ExitPolicy) (5.6), C(GIDMap) (5.3), C(GlobalArgs),
    C(HostName) (5.5), C(IP) (5.3), C(IP6) (5.3), C(Label) (5.6), C(Network), C(NetworkAlias)
    (5.2), C(PodName), C(PodmanArgs), C(PublishPort), C(RemapGid) (5.3), C(RemapUid) (5.3),
    C(RemapUidSize) (5.3), C(RemapUsers) (5.3), C(ServiceName) (5.3), C(ShmSize) (5.4),
    C(StopTimeout) (5.7), C(SubGIDMap) (5.3), C(SubUIDMap) (5.3), C(UIDMap) (5.3), C(UserNS)
    (5.3), C(Volume).
  - >-
    Keys of C([Kube]): C(AutoUpdate), C(ConfigMap), C(ContainersConfModule) (4.8),
    C(ExitCodePropagation), C(GlobalArgs) (4.8), C(KubeDownForce) (4.8), C(LogDriver), C(LogOpt)
    (5.2), C(Network), C(PodmanArgs), C(PublishPort), C(RemapGid), C(RemapUid), C(RemapUidSize),
    C(RemapUsers), C(ServiceName) (5.3), C(SetWorkingDirectory), C(UserNS), C(Yaml).
  - >-
    Keys of C([Network]): C(ContainersConfModule) (4.8), C(DNS), C(DisableDNS), C(Driver),
    C(Gateway), C(GlobalArgs) (4.8), C(IPAMDriver), C(IPRange), C(IPv6), C(InterfaceName) (5.6),
    C(Internal), C(Label), C(NetworkDeleteOnStop) (5.5), C(NetworkName), C(Options),
    C(PodmanArgs), C(ServiceName) (5.3), C(Subnet).
  - >-
    Keys of C([Volume]): C(ContainersConfModule) (4.8), C(Copy), C(Device), C(Driver) (4.8),
    C(GID) (6.0), C(GlobalArgs) (4.8), C(Group), C(Image) (4.8), C(Label), C(Options),
    C(PodmanArgs), C(ServiceName) (5.3), C(Type), C(UID) (6.0), C(User), C(VolumeName).
  - >-
    Keys of C([Image]) (Podman 4.8): C(AllTags), C(Arch), C(AuthFile), C(CertDir),
    C(ContainersConfModule), C(Creds), C(DecryptionKey), C(GlobalArgs), C(Image), C(ImageTag),
    C(OS), C(PodmanArgs), C(Policy) (5.6), C(Retry) (5.5), C(RetryDelay) (5.5), C(ServiceName)
    (5.3), C(TLSVerify), C(Variant).
  - >-
    Keys of C([Build]) (Podman 5.2): C(Annotation), C(Arch), C(AuthFile), C(BuildArg) (5.7),
    C(ContainersConfModule), C(DNS), C(DNSOption), C(DNSSearch), C(Environment), C(File),
    C(ForceRM), C(GlobalArgs), C(GroupAdd), C(IgnoreFile) (5.7), C(ImageTag), C(Label),
    C(Network), C(PodmanArgs), C(Pull), C(Retry) (5.5), C(RetryDelay) (5.5), C(Secret),
    C(ServiceName) (5.3), C(SetWorkingDirectory), C(TLSVerify), C(Target), C(Variant),
    C(Volume).
  - >-
    Keys of C([Artifact]) (Podman 5.7): C(Artifact), C(AuthFile), C(CertDir),
    C(ContainersConfModule), C(Creds), C(DecryptionKey), C(GlobalArgs), C(PodmanArgs), C(Quiet),
    C(Retry), C(RetryDelay), C(ServiceName), C(TLSVerify).
  - >-
    Keys of C([Quadlet]): C(DefaultDependencies).
"""
