namespace ControlTower.Web.Shared;

/// <summary>What a colour means. Tones are for states; the brand colour is for actions, selection and links only.</summary>
public enum Tone
{
    Ok,
    Run,
    Wait,
    Warn,
    Bad,
    Unk,
    Off,
}

/// <summary>What a person is told about a thing. Each has a tone, an icon, a word and a place in lists: <see cref="Look"/>.</summary>
public enum Status
{
    Ok,

    /// <summary>Read back from the target, not only sent.</summary>
    Proven,

    Run,
    Wait,
    Held,
    Snoozed,
    Blocked,
    Warn,
    Bad,

    /// <summary>Outcome unknown. Also what an unknown value is shown as.</summary>
    Unk,

    Off,
}
