namespace ControlTower.Web.Shared;

/// <summary>Addresses of who gets what, and who is told.</summary>
public static partial class Links
{
    public const string CaseOwnership = "/admin/ownership";
    public const string Notifications = "/admin/notifications";
    public const string NewChannel = "/admin/notifications/new";
    public const string Preferences = "/preferences";

    public static string Channel(Guid id) => $"{Notifications}/{id}";

    /// <summary>Messages in one state; null for all.</summary>
    public static string NotificationsIn(string? state) => state is null ? Notifications : $"{Notifications}?state={state}";
}
