namespace ControlTower.Web.Auth;

/// <summary>
/// What an open page alone does not allow: whoever holds one of these permissions must have shown who they are a short while ago. A screen left open, or a cookie in other hands, changes no roles,
/// makes no keys, reads no secrets into other hands and sends no figures elsewhere.
/// </summary>
public static class RecentSignIn
{
    public static readonly TimeSpan Lasts = TimeSpan.FromMinutes(15);

    private static readonly HashSet<string> Needed = new(StringComparer.Ordinal)
    {
        Permissions.AccountsWrite, Permissions.ApiClientsManage, Permissions.WallboardsManage, Permissions.ConnectionsConfigure, Permissions.FactorWrite, Permissions.IdentityWrite, Permissions.WebhooksManage, Permissions.NotificationsManage,
        Permissions.FinanceFeeds,
    };

    public static bool IsNeededFor(string permission) => Needed.Contains(permission);
}

/// <summary>The permission is there, but who is at the keyboard has to show anew that it is them. Nothing was done; the same act may follow.</summary>
public sealed class ProofNeededException : UnauthorizedAccessException
{
    public ProofNeededException()
        : base("Show that it is you, and do this again.")
    {
    }

    public ProofNeededException(string message)
        : base(message)
    {
    }

    public ProofNeededException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
