namespace ControlTower.Data.Accounts;

/// <summary>
/// By what people can sign in here. It decides who is the last admin, whether the first-run link opens, and what the last way of a person is. Asked when it is needed: at the construction of whoever asks the
/// configuration was not looked at yet.
/// </summary>
/// <param name="Passwords">Whether passwords open the tower.</param>
/// <param name="Issuer">The authority whose identities open it; null: none.</param>
/// <param name="Opens">Whether the keys at hand open a person's sealed factor: no code is right for one that stays shut.</param>
public sealed record SignInWays(Func<bool> Passwords, Func<string?> Issuer, Func<Guid, byte[], bool> Opens);
