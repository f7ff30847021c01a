namespace ControlTower.Sync.Connectors;

public enum FieldKind
{
    Text,
    Address,
    Choice,
    Number,

    /// <summary>Several settings whose names begin with the field's, one a line: <c>0.19 = VAT19</c>.</summary>
    Pairs,

    /// <summary>Sealed when stored, never shown again.</summary>
    Secret,
}

public sealed record FieldChoice(string Value, string Label);

/// <summary>One setting or secret as a person enters it. <see cref="IConnector.Check"/> decides whether a value is right.</summary>
/// <param name="Name">Name of the setting or secret; for <see cref="FieldKind.Pairs"/> what the names begin with.</param>
/// <param name="Help">Where to find it, or what it does and what holds when it is empty.</param>
public sealed record SettingField(string Name, string Label, string Help, FieldKind Kind = FieldKind.Text)
{
    public bool Required { get; init; }

    /// <summary>Most connections never need it.</summary>
    public bool Rare { get; init; }

    /// <summary>It decides to which host calls go, and with them the secrets.</summary>
    public bool NamesHost { get => field || Kind == FieldKind.Address; init; }

    public string? Example { get; init; }

    public IReadOnlyList<FieldChoice> Choices { get; init; } = [];

    public bool IsSecret => Kind == FieldKind.Secret;
}
