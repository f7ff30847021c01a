using System.Net;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Hosting;

/// <summary>How this process takes part: section <c>Tower</c>.</summary>
public sealed class TowerOptions
{
    public const string Section = "Tower";

    /// <summary><c>web</c>, <c>worker</c> or <c>both</c>. A worker serves health only.</summary>
    public string Roles { get; init; } = "both";

    /// <summary>IANA id of the zone in which stores tell the time, for example <c>Europe/Amsterdam</c>.</summary>
    public string StoreZone { get; init; } = "UTC";

    /// <summary>Name of the company, shown on the sign-in page. Empty hides the line.</summary>
    public string Company { get; init; } = "";

    /// <summary>Folder for what must outlive a restart and is not in the database (sign-in keys). Empty: beside the embedded database.</summary>
    public string KeyFolder { get; init; } = "";

    /// <summary>A certificate with private key (PFX) that seals the keys of sign-in and of stored credentials. Production does not start without it.</summary>
    public string KeyCertificate { get; init; } = "";

    /// <summary>Password of <see cref="KeyCertificate"/>; empty where it has none.</summary>
    public string KeyCertificatePassword { get; init; } = "";

    /// <summary>Start in Production although the keys lie plain in their folder: whoever reads the folder and the database reads the credentials of all connections. For trying the tower.</summary>
    public bool AllowPlainKeys { get; init; }

    /// <summary>Addresses or networks (CIDR) of reverse proxies whose forwarded headers are believed. Empty: none.</summary>
    public string[] Proxies { get; init; } = [];

    public bool IsWeb => Roles is "web" or "both";

    public bool IsWorker => Roles is "worker" or "both";

    /// <summary>Where the keys lie: as set, else beside the embedded database.</summary>
    public string KeyFolderOr(IConfiguration configuration) =>
        Path.GetFullPath(KeyFolder.Length > 0 ? KeyFolder : Path.Combine(configuration["Database:DataDirectory"] ?? ".data/postgres", "..", "keys"));
}

/// <summary>Reports every wrong key of <see cref="TowerOptions"/> at once, each with what to set.</summary>
public sealed class TowerOptionsValidator(IHostEnvironment environment) : IValidateOptions<TowerOptions>
{
    public ValidateOptionsResult Validate(string? name, TowerOptions options)
    {
        List<string> wrong = [];
        if (options.Roles is not ("web" or "worker" or "both"))
            wrong.Add($"Tower:Roles is '{Cut(options.Roles)}'. Set web, worker or both.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(options.StoreZone, out _))
            wrong.Add($"Tower:StoreZone '{Cut(options.StoreZone)}' is not a known zone. Set an IANA id such as Europe/Amsterdam.");
        if (KeyProblem(options) is { } problem)
            wrong.Add(problem);
        foreach (var proxy in options.Proxies.Where(proxy => !IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _)))
            wrong.Add($"Tower:Proxies has '{Cut(proxy)}'. Set addresses or networks such as 10.0.0.0/24.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private string? KeyProblem(TowerOptions options)
    {
        if (options.KeyCertificate.Length > 0)
            return KeySeal.Problem(options) is { } problem ? $"Tower:KeyCertificate '{Cut(options.KeyCertificate)}' {problem}" : null;
        return environment.IsProduction() && !options.AllowPlainKeys
            ? "Tower:KeyCertificate is empty: the keys that seal sign-ins and the credentials of all connections would lie plain in their folder. Set the path of a PFX file with a private key "
                + "(and Tower:KeyCertificatePassword), kept apart from that folder; or set Tower:AllowPlainKeys=true for trying the tower."
            : null;
    }

    private static string Cut(string value) => value.Length > 64 ? value[..64] : value;
}
