using System.Net;

namespace ControlTower.Sync.Feeds;

/// <param name="Address">As the name was resolved and judged: it is not resolved again.</param>
/// <param name="Secret">A private key if it looks like one, else a password.</param>
/// <param name="HostKey">SHA-256 of the key that the server must show, base64 without padding.</param>
public sealed record SftpServer(IPAddress Address, int Port, string User, string Secret, string HostKey);

/// <summary>The key that a server shows.</summary>
/// <param name="Kind">Such as <c>ssh-ed25519</c>.</param>
/// <param name="Sha256">Base64 without padding.</param>
public sealed record SftpKey(string Kind, string Sha256)
{
    /// <summary>As <c>ssh-keygen -l</c> shows it.</summary>
    public string Words => $"{Kind} SHA256:{Sha256}";
}

/// <summary>The way to a server of SFTP: the one place that knows the protocol.</summary>
public interface ISftpWay
{
    /// <exception cref="FeedRefusedException">The server shows another key, or does not let this user in.</exception>
    /// <exception cref="IOException">Not reachable, or it speaks something else; may be tried again.</exception>
    Task<ISftpSession> OpenAsync(SftpServer server, CancellationToken cancel);

    /// <summary>The key that the server shows and proves to hold. Nobody is signed in.</summary>
    /// <exception cref="IOException">Not reachable, or it speaks something else; may be tried again.</exception>
    Task<SftpKey> KeyAsync(IPAddress address, int port, CancellationToken cancel);
}

/// <summary>An open session. Paths begin where the account does. What fails is an <see cref="IOException"/>.</summary>
public interface ISftpSession : IAsyncDisposable
{
    Task<bool> ExistsAsync(string path, CancellationToken cancel);

    /// <summary>Makes a folder; its parent is there.</summary>
    Task MakeFolderAsync(string path, CancellationToken cancel);

    /// <summary>Names of the files in a folder.</summary>
    Task<IReadOnlyList<string>> NamesAsync(string folder, CancellationToken cancel);

    /// <summary>SHA-256 of what the server has under this name, read from it byte for byte.</summary>
    Task<byte[]> HashAsync(string path, CancellationToken cancel);

    /// <summary>Writes a file of this name, empty at first.</summary>
    Task WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancel);

    /// <summary>Fails if there is a file of the new name.</summary>
    Task RenameAsync(string from, string to, CancellationToken cancel);

    Task DeleteAsync(string path, CancellationToken cancel);
}
