"""The harness: floods Locals with requests and says which requests were mixed up."""
