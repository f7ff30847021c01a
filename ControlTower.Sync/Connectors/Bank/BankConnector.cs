namespace ControlTower.Sync.Connectors.Bank;

/// <summary>An account of a bank by its statements: camt.053, or a list of its entries.</summary>
public sealed class BankConnector : StatementSource
{
    public const string Name = "bank";

    public override string Kind => Name;

    public override SystemRole Role => SystemRole.Bank;

    public override IReadOnlyList<SettingField> Fields { get; } =
    [
        new("iban", "IBAN", "Only statements of this account are taken; any if empty.") { Example = "DE02120300000000202051" },
        new("dates", "Days with slashes", "How the bank's lists write days such as 03/04/2026; such days are refused if it is not said.", FieldKind.Choice)
        {
            Rare = true, Choices = [new("day-first", "Day first"), new("month-first", "Month first")],
        },
        new("encoding", "Encoding of lists", "UTF-8 and UTF-16 are seen by themselves.", FieldKind.Choice) { Rare = true, Choices = [new("latin1", "Latin-1")] },
    ];

    public override IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => new SettingsCheck(profile)
        .Text("iban", required: false, longest: 34, rule: text => text.Replace(" ", "", StringComparison.Ordinal) is { Length: >= 15 } plain && plain.All(char.IsAsciiLetterOrDigit) ? null : "This is no IBAN.")
        .OneOf("dates", "day-first", "month-first").OneOf("encoding", "latin1").Currency().Problems;
}
