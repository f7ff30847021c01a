using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Notifications;

/// <summary>What holds for all channels: section <c>Notifications</c>.</summary>
public sealed class NotificationOptions
{
    public const string Section = "Notifications";

    /// <summary>So long after an assignment its person is told, if they have not looked by then.</summary>
    public int AssignedAfterMinutes { get; init; } = 15;

    /// <summary>Webhooks may lead into private networks, and by http to this very machine. False: https to public addresses only.</summary>
    public bool AllowPrivateNetworks { get; init; }

    /// <summary>Not a property: the binder would read a key of that name, and a slip in a key would not be told as such.</summary>
    public TimeSpan AssignedAfter() => TimeSpan.FromMinutes(AssignedAfterMinutes);
}

public sealed class NotificationOptionsValidator : IValidateOptions<NotificationOptions>
{
    public ValidateOptionsResult Validate(string? name, NotificationOptions options) => options.AssignedAfterMinutes is >= 0 and <= 1440
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail("Notifications:AssignedAfterMinutes must be 0 to 1440.");
}
