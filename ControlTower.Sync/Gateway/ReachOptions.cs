using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Gateway;

/// <summary>Where connections may lead: section <c>Connections</c>.</summary>
public sealed class ReachOptions
{
    public const string Section = "Connections";

    /// <summary>Hosts with their ports, such as <c>erp.example:443</c>: connections lead to these and to nothing beside them. Empty: wherever an address is sound.</summary>
    public string[] Hosts { get; set; } = [];

    public bool Allows(string host, int port) =>
        Hosts.Length == 0 || Hosts.Contains($"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host.Trim('[', ']')}]" : host)}:{port}", StringComparer.OrdinalIgnoreCase);
}

/// <summary>Names each entry that is no host with a port.</summary>
public sealed class ReachOptionsValidator : IValidateOptions<ReachOptions>
{
    public ValidateOptionsResult Validate(string? name, ReachOptions options)
    {
        var wrong = options.Hosts.Where(entry => !IsHostAndPort(entry)).Select(entry => $"Connections:Hosts: '{entry}' is no host with its port, such as erp.example:443.").ToList();
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static bool IsHostAndPort(string entry) =>
        entry.LastIndexOf(':') is > 0 and var colon && Uri.CheckHostName(entry[..colon]) != UriHostNameType.Unknown
        && ushort.TryParse(entry.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port) && port > 0;
}
