using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Feeds;

/// <summary>Where feeds may go: section <c>Feeds</c>.</summary>
public sealed class FeedOptions
{
    public const string Section = "Feeds";

    /// <summary>The root of folders that feeds are put into. Empty: into none. All workers must see the same one.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Names of the servers that feeds may be sent to by SFTP. Empty: to none.</summary>
    public string[] SftpHosts { get; set; } = [];

    /// <summary>Lets those names lead into private networks.</summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>A server that the operator of this installation has named.</summary>
    public bool Allows(string host) => SftpHosts.Contains(host, StringComparer.OrdinalIgnoreCase);
}

public sealed class FeedOptionsValidator : IValidateOptions<FeedOptions>
{
    public ValidateOptionsResult Validate(string? name, FeedOptions options)
    {
        var problems = new List<string>();
        if (options.Folder.Length > 0 && !Path.IsPathFullyQualified(options.Folder))
        {
            problems.Add("Feeds:Folder must be a whole path, or empty.");
        }

        problems.AddRange(options.SftpHosts.Where(host => Uri.CheckHostName(host) == UriHostNameType.Unknown).Select(host => $"Feeds:SftpHosts: {host} is no name of a server."));
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
