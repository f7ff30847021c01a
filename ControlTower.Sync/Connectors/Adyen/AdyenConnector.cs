namespace ControlTower.Sync.Connectors.Adyen;

/// <summary>Adyen by its settlement detail reports.</summary>
public sealed class AdyenConnector : StatementSource
{
    public const string Name = "adyen";

    public override string Kind => Name;

    public override SystemRole Role => SystemRole.Processor;

    public override IReadOnlyList<SettingField> Fields => [];

    public override IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => new SettingsCheck(profile).Currency().Problems;
}
