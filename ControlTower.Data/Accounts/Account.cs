namespace ControlTower.Data.Accounts;

/// <summary>A person who may sign in. <paramref name="HasPassword"/> is false until they used their link; <paramref name="HasIdentity"/> says that an authority outside knows them.</summary>
public sealed record Account(
    Guid Id, string Email, string Name, string Role, bool Finance, bool HasPassword, DateTimeOffset CreatedAt, DateTimeOffset? LastSignInAt, DateTimeOffset? DisabledAt, bool HasIdentity);

/// <summary>What the sign-in compares: never leaves the server, never logged.</summary>
/// <param name="Stamp">The stamp that this password belongs to.</param>
public sealed record Credentials(Guid AccountId, string PasswordHash, bool Disabled, Guid Stamp);

/// <summary>A person to add. The e-mail is stored in lower case.</summary>
public sealed record NewAccount(string Email, string Name, string Role, bool Finance);

/// <summary>Why a change to an account was refused. Nothing was changed.</summary>
public enum AccountRefusal
{
    None,
    NotFound,
    EmailTaken,

    /// <summary>The identity signs in to another account.</summary>
    IdentityTaken,

    /// <summary>Somebody must stay who can administer.</summary>
    LastAdmin,

    /// <summary>There is an admin who can sign in, so the first-run link is void.</summary>
    NotFirst,

    /// <summary>The link is unknown, used or expired.</summary>
    LinkVoid,

    /// <summary>The person could not sign in any more.</summary>
    OnlyWayIn,
}
